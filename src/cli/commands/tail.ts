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
import { type Io, note, printLine, type Styler, styler } from '../io';
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
    onRetry: (error: Error) => note(io, `${error.message}; trying again`),
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

/** One event as a line: when, what, and what is known of it. */
export function lineOf(event: TailEvent, style: Styler): string {
  const { name, data } = event;
  const at = 'at' in data ? data.at : 'timestamp' in data ? data.timestamp : new Date().toISOString();
  const details = (DETAILS[name] as Details<TailEvent['name']>)(data, style);
  return `${style('dim', at.slice(11, 23))}  ${name.padEnd(24)}  ${details}`;
}

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
  'message.set_aside': ({ messageId, subscriber, reason }) =>
    `${messageId}  ${subscriber}  ${printable(reason)}`,
  'backlog.dropped': ({ subscriber, messages }) => `${subscriber}  ${messages} messages`,
  'event.received': ({ topic, ...rest }, style) => `${style('bold', topic)}  ${textOf(rest)}`,
  'event.toggled': ({ accepting }) => (accepting ? 'on' : 'off'),
  gap: ({ missed }, style) =>
    style('yellow', missed === null ? 'events are missing' : `${missed} events are missing`),
  stats: ({ publishesPerSecond, deliveriesPerSecond }) =>
    `${publishesPerSecond} publishes/s, deliveries/s: ${JSON.stringify(deliveriesPerSecond)}`,
};

/** A message's text, which may go over several lines. */
function textOf({ data, isTruncated }: { readonly data: string; readonly isTruncated: boolean }): string {
  return `${printable(oneLine(data))}${isTruncated ? '…' : ''}`;
}
