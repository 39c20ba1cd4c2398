import type { Command } from 'commander';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { note, printLine, UsageError } from '../io';
import { warnOfUnknown } from '../warn-of-unknown';

interface AckOptions extends ServerOptions {
  readonly upTo?: string;
}

export function ackCommand({ io }: Context): Command {
  return serverCommand('ack')
    .description(
      "Mark messages of a subscriber's backlog received, so that they are neither polled nor pushed.",
    )
    .argument('<subscriber>', 'its URL')
    .argument('[id...]', 'of the messages, 1,000 at most')
    .option('--up-to <cursor>', 'all up to a cursor, or to the timestamp of a message that poll has printed')
    .addHelpText(
      'after',
      examples(
        'ack http://localhost/me msg_0198c5a2b7d57b3e9d3f2a1c4e5f6a7b',
        'ack http://localhost/me --up-to 2026-08-04T12:00:00.123456+00:00',
      ),
    )
    .action(async (url: string, ids: readonly string[], options: AckOptions) => {
      const { upTo, json } = options;
      if ((upTo === undefined) === (ids.length === 0)) {
        throw new UsageError('Say what was received: ids of messages, or --up-to, and not both');
      }
      const client = clientOf(options, io);
      const answer = await client.ack(url, upTo === undefined ? { ids } : { upTo });
      await printLine(io.stdout, json ? JSON.stringify(answer) : `${answer.acked} marked received`);
      if (!json) for (const id of answer.unknown) note(io, printable(`${id} does not wait there`));
      if (answer.acked === 0) await warnOfUnknown(io, client, url);
    });
}
