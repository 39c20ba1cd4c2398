import type { Command } from 'commander';
import { HeraldRequestError, type PublishAnswer } from '../../client';
import {
  clientOf,
  type Context,
  EXIT,
  examples,
  type ServerOptions,
  serverCommand,
  wholeNumber,
} from '../context';
import { printable } from '../../printable';
import { inputOf, jsonText, readAll } from '../input';
import { type Io, printLine, styler, UsageError } from '../io';
import { publishLines } from '../publish-lines';

interface PublishCommandOptions extends ServerOptions {
  readonly file?: string;
  readonly ndjson?: boolean;
  readonly idempotencyKey?: string;
  readonly respondAsync?: boolean;
  readonly wait?: number;
}

const KEY = /^[\x21-\x7e]+$/;
const MAX_KEY = 255;
/** The number of each request stands behind it. */
const MAX_BATCH_KEY = 240;

const HELP = `${examples(
  'publish orders \'{"total": 12}\'',
  'publish orders --file order.json',
  'jq -c .[] orders.json | herald publish orders --ndjson',
  'publish orders --idempotency-key order-17 - < order.json',
).replace('$ herald jq', '$ jq')}

Exit status: 0 every subscriber received it, or --respond-async and it is stored; 3 published, but some subscribers
did not receive it: their copies are stored, or dropped by their own limits; 1 it could not be published, or not be
stored for somebody (publish it again); 2 the command line or the message is wrong.`;

export function publishCommand(context: Context): Command {
  return serverCommand('publish')
    .description(
      'Publish JSON to a topic: the argument, a file, or what is piped in. It is sent as it is written.',
    )
    .argument('<topic>')
    .argument('[json]', 'the message; - is standard input')
    .option('--file <file>', 'the message is in this file; - is standard input')
    .option('--ndjson', 'each line of the input is a message')
    .option(
      '--idempotency-key <key>',
      'publishing again with this key, within 24 hours, publishes nothing twice',
    )
    .option('--respond-async', 'do not wait for the subscribers: it is stored, and pushed right after')
    .option('--wait <seconds>', 'wait at most so long for the subscribers', wholeNumber(0, 600))
    .addHelpText('after', HELP)
    .action(async (topic: string, json: string | undefined, options: PublishCommandOptions) => {
      const given = json === '-' ? undefined : json;
      const file = json === '-' ? (options.file ?? '-') : options.file;
      if (given !== undefined && (file !== undefined || options.ndjson)) {
        throw new UsageError('Give the message as an argument or as input, not both');
      }
      if (json === '-' && file !== '-') throw new UsageError('Give a file or standard input, not both');
      if (options.ndjson) await publishInput(context, topic, file, options);
      else await publishOne(context, topic, given ?? (await readAll(inputOf(file, context.io))), options);
    });
}

async function publishOne(
  context: Context,
  topic: string,
  json: string,
  options: PublishCommandOptions,
): Promise<void> {
  const { io } = context;
  const data = jsonText(json);
  try {
    const answer = await clientOf(options, io).publish(topic, data, howOf(options));
    if (answer.status !== 200 && !options.respondAsync) context.exitCode = EXIT.notReceived;
    await printAnswer(io, answer, options);
  } catch (error) {
    if (!(error instanceof HeraldRequestError) || error.code !== 'store_unavailable') throw error;
    context.exitCode = EXIT.failure;
    await printAnswer(io, { message: error.message, ...(error.answer as Partial<PublishAnswer>) }, options);
  }
}

async function publishInput(
  context: Context,
  topic: string,
  file: string | undefined,
  options: PublishCommandOptions,
): Promise<void> {
  const { io } = context;
  const input = inputOf(file, io);
  const how = { ...howOf(options), signal: io.interrupted() };
  const counts = await publishLines({
    io,
    client: clientOf(options, io),
    topic,
    input,
    how,
    json: options.json,
  });
  if (counts.stored > 0 && !options.respondAsync) context.exitCode = EXIT.notReceived;
  if (counts.notStored + counts.refused > 0) context.exitCode = EXIT.failure;
}

function howOf({ idempotencyKey, respondAsync, wait, ndjson }: PublishCommandOptions) {
  const maxKey = ndjson ? MAX_BATCH_KEY : MAX_KEY;
  if (idempotencyKey !== undefined && !(KEY.test(idempotencyKey) && idempotencyKey.length <= maxKey)) {
    throw new UsageError(
      `--idempotency-key must be 1 to ${maxKey} printable ASCII characters without spaces`,
    );
  }
  if (respondAsync && wait !== undefined)
    throw new UsageError('--respond-async does not wait; leave out --wait');
  return { idempotencyKey, prefer: respondAsync ? ('respond-async' as const) : wait };
}

async function printAnswer(
  io: Io,
  answer: Partial<PublishAnswer> & { readonly message: string; readonly isReplay?: boolean },
  { json }: ServerOptions,
): Promise<void> {
  if (json) {
    await printLine(io.stdout, JSON.stringify(answer));
    return;
  }
  const style = styler(io);
  const id = answer.id === undefined ? '' : `  ${style('dim', printable(answer.id))}`;
  const again = answer.isReplay ? ' (published before)' : '';
  await printLine(io.stdout, `${printable(answer.message)}${again}${id}`);
  for (const { url, status, durationMs } of answer.delivered ?? []) {
    await printLine(io.stdout, `  ${style('green', '✓')} ${printable(url)}  ${status} in ${durationMs} ms`);
  }
  for (const { url, outcome, status, stored } of answer.undelivered ?? []) {
    const why = status === undefined ? outcome : `${outcome} ${status}`;
    const mark = stored ? style('yellow', '…') : style('red', '✗');
    const kept = stored ? 'stored' : 'not stored';
    await printLine(io.stdout, `  ${mark} ${printable(`${url}  ${why}`)}, ${kept}`);
  }
}
