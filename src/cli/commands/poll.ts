import type { Command } from 'commander';
import type { PolledMessage } from '../../client';
import {
  clientOf,
  type Context,
  examples,
  type ServerOptions,
  serverCommand,
  untilInterrupted,
  wholeNumber,
} from '../context';
import { type Io, note, noteRetry, printLine, styler } from '../io';
import { messageJson, oneLine } from '../message-json';
import { printable } from '../../printable';
import { warnOfUnknown } from '../warn-of-unknown';

interface PollCommandOptions extends ServerOptions {
  readonly ack?: boolean;
  readonly follow?: boolean;
  readonly limit?: number;
}

/** Messages that are fetched at a time. */
const PAGE = 100;

export function pollCommand({ io }: Context): Command {
  return serverCommand('poll')
    .description("Print what waits in a subscriber's backlog, oldest first.")
    .argument('<subscriber>', 'its URL')
    .option('--ack', 'mark received what was printed, so that it is neither printed nor pushed again')
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .option('--limit <n>', 'end after so many messages', wholeNumber(1, 1_000_000_000))
    .addHelpText(
      'after',
      examples(
        'poll http://localhost/me',
        'poll http://localhost/me --ack --limit 1 --json',
        'poll http://localhost/me --ack --follow --json | jq .data',
      ),
    )
    .action((subscriber: string, options: PollCommandOptions) =>
      untilInterrupted(() => printBacklog(io, subscriber, options)),
    );
}

async function printBacklog(io: Io, subscriber: string, options: PollCommandOptions): Promise<void> {
  const { ack, follow = false, limit = Infinity } = options;
  const client = clientOf(options, io);
  const signal = io.interrupted();
  const onRetry = (error: Error) => noteRetry(io, error);
  const query = { ack, follow, limit: Math.min(limit, PAGE), signal, onRetry, retry: follow };
  // A wrong address is an error now, and not something to wait for.
  if (follow) {
    const { messages } = await client.page(subscriber, { limit: 1, signal });
    if (messages.length === 0) await warnOfUnknown(io, client, subscriber, signal);
  }
  let count = 0;
  for await (const message of client.poll(subscriber, query)) {
    await printMessage(io, message, options);
    count += 1;
    if (count < limit) continue;
    if (ack) await message.ack();
    break;
  }
  if (count > 0) return;
  if (!options.json) note(io, 'No messages are waiting');
  await warnOfUnknown(io, client, subscriber, signal);
}

async function printMessage(io: Io, message: PolledMessage, { json }: ServerOptions): Promise<void> {
  if (json) {
    await printLine(io.stdout, oneLine(messageJson(message)));
    return;
  }
  const { id, topic, timestamp, reason, text } = message;
  const style = styler(io);
  const aside = reason === undefined ? '' : style('yellow', `  set aside: ${printable(reason)}`);
  const head = style('dim', printable(`${timestamp}  ${id}`));
  await printLine(io.stdout, `${head}  ${style('bold', printable(topic))}${aside}`);
  await printLine(io.stdout, printable(text));
}
