import type { Command } from 'commander';
import type { Outcome, TailEvent } from '../../client';
import {
  clientOf,
  type Context,
  examples,
  type ServerOptions,
  serverCommand,
  serverUrl,
  untilInterrupted,
} from '../context';
import { fits, type Shape } from '../../client/answer-shape';
import { type Io, note, noteRetry, printLine, type Styler, styler } from '../io';
import { oneLine } from '../message-json';
import { printable } from '../../printable';

interface TailCommandOptions extends ServerOptions {
  readonly topic?: string;
  readonly subscriber?: string;
  readonly outcome?: Outcome;
  readonly stats?: boolean;
}

export function tailCommand({ io }: Context): Command {
  return serverCommand('tail')
    .description('Show what happens in the server, as it happens, until Ctrl-C.')
    .option('--topic <topic>', 'this topic only; with a * at the end, topics that begin so')
    .option('--subscriber <url>', 'this subscriber only')
    .option('--outcome <outcome>', 'deliveries that came to this only, such as timeout')
    .option('--stats', 'show the counts of each second, too')
    .addHelpText(
      'after',
      examples('tail', 'tail --topic "orders*"', 'tail --outcome http_status --json | jq .data.subscriber'),
    )
    .action((options: TailCommandOptions) => untilInterrupted(() => printEvents(io, options)));
}

async function printEvents(io: Io, options: TailCommandOptions): Promise<void> {
  const { topic, subscriber, outcome, stats, json } = options;
  const style = styler(io);
  let wasConnected = false;
  const query = {
    topic,
    subscriber,
    outcome,
    signal: io.interrupted(),
    // A wrong address is an error, a stream that breaks is none.
    get retry() {
      return wasConnected;
    },
    onRetry: (error: Error) => noteRetry(io, error),
    onConnected: () => {
      wasConnected = true;
      note(io, `Watching ${serverUrl(options, io)}; Ctrl-C ends it`);
    },
  };
  for await (const event of clientOf(options, io).tail(query)) {
    if (event.name === 'stats' && !stats) continue;
    await printLine(io.stdout, json ? JSON.stringify(event) : lineOf(event, style));
  }
}

/** One event as a line: when, what, and what is known of it. Of one that is not known, as a newer server may have it, its JSON. */
export function lineOf(event: TailEvent, style: Styler): string {
  const { name } = event;
  const data = Object.fromEntries(Object.entries(event.data).map(printableField)) as TailEvent['data'];
  const { at, timestamp } = data as Readonly<Record<string, unknown>>;
  const time = [at, timestamp].find((one) => typeof one === 'string') ?? new Date().toISOString();
  const isKnown = Object.hasOwn(FIELDS, name) && fits(data, FIELDS[name]);
  const details = isKnown
    ? (DETAILS[name] as Details<TailEvent['name']>)(data, style)
    : printable(JSON.stringify(event.data));
  return `${style('dim', time.slice(11, 23))}  ${printable(name).padEnd(24)}  ${details}`;
}

function printableField([name, value]: readonly [string, unknown]): readonly [string, unknown] {
  // The text of a message is JSON, whose line breaks are white space.
  return [name, typeof value === 'string' ? printable(name === 'data' ? oneLine(value) : value) : value];
}

/** What the lines are made of. */
const FIELDS: Readonly<Record<TailEvent['name'], Shape>> = {
  'message.published': {
    topic: 'string',
    data: 'string',
    delivered: 'number',
    undelivered: 'number',
    durationMs: 'number',
  },
  'delivery.attempted': { topic: 'string', subscriber: 'string', outcome: 'string', durationMs: 'number' },
  'subscriber.state_changed': { subscriber: 'string', from: 'string', to: 'string' },
  'subscription.created': { topic: 'string', subscriber: 'string' },
  'subscription.ended': { topic: 'string', subscriber: 'string' },
  'message.set_aside': { messageId: 'string', subscriber: 'string', reason: 'string' },
  'backlog.dropped': { subscriber: 'string', messages: 'number' },
  'event.received': { topic: 'string', data: 'string' },
  'event.toggled': { accepting: 'boolean' },
  gap: {},
  stats: { publishesPerSecond: 'number', deliveriesPerSecond: 'object' },
};

type DataOf<Name extends TailEvent['name']> = Extract<TailEvent, { name: Name }>['data'];

type Details<Name extends TailEvent['name']> = (data: DataOf<Name>, style: Styler) => string;

const DETAILS: { readonly [Name in TailEvent['name']]: Details<Name> } = {
  'message.published': ({ topic, delivered, undelivered, durationMs, ...rest }, style) => {
    const missed = undelivered > 0 ? style('yellow', `${undelivered} missed it`) : '0 missed it';
    return `${style('bold', topic)}  ${delivered} received it, ${missed}, ${durationMs} ms  ${textOf(rest)}`;
  },
  'delivery.attempted': ({ topic, subscriber, outcome, status, durationMs }, style) => {
    const result = [outcome, status].filter((part) => part !== undefined).join(' ');
    const styled = style(outcome === 'delivered' ? 'green' : 'red', result);
    return `${style('bold', topic)} → ${subscriber}  ${styled}, ${durationMs} ms`;
  },
  'subscriber.state_changed': ({ subscriber, from, to }, style) =>
    `${subscriber}  ${from} → ${style('bold', to)}`,
  'subscription.created': ({ topic, subscriber }, style) => `${style('bold', topic)}  ${subscriber}`,
  'subscription.ended': ({ topic, subscriber }, style) => `${style('bold', topic)}  ${subscriber}`,
  'message.set_aside': ({ messageId, subscriber, reason }) => `${messageId}  ${subscriber}  ${reason}`,
  'backlog.dropped': ({ subscriber, messages }) => `${subscriber}  ${messages} messages`,
  'event.received': ({ topic, ...rest }, style) => `${style('bold', topic)}  ${textOf(rest)}`,
  'event.toggled': ({ accepting }) => (accepting ? 'on' : 'off'),
  gap: ({ missed }, style) =>
    style('yellow', typeof missed === 'number' ? `${missed} events are missing` : 'events are missing'),
  stats: ({ publishesPerSecond, deliveriesPerSecond }) =>
    `${publishesPerSecond} publishes/s, deliveries/s: ${printable(JSON.stringify(deliveriesPerSecond))}`,
};

/** A message's text. */
function textOf({ data, isTruncated }: { readonly data: string; readonly isTruncated: boolean }): string {
  return `${data}${isTruncated ? '…' : ''}`;
}
