import type { Command } from 'commander';
import type { Subscriber } from '../../client';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { counted } from '../counted';
import { printLine, UsageError } from '../io';
import { warnOfUnknown } from '../warn-of-unknown';

interface PurgeOptions extends ServerOptions {
  readonly before?: string;
  readonly yes?: boolean;
}

export function purgeCommand({ io }: Context): Command {
  return serverCommand('purge')
    .description("Delete a subscriber's backlog. Without --yes it only says what it would delete.")
    .argument('<subscriber>', 'its URL')
    .option(
      '--before <cursor>',
      'only what is before a cursor, or the timestamp of a message that poll has printed',
    )
    .option('--yes', 'delete it')
    .addHelpText('after', examples('purge http://localhost/me', 'purge http://localhost/me --yes'))
    .action(async (url: string, options: PurgeOptions) => {
      const { before, json } = options;
      const client = clientOf(options, io);
      if (!options.yes) throw new UsageError(toDelete(await client.subscriber(url), before));
      const purged = await client.purge(url, before === undefined ? {} : { before });
      await printLine(
        io.stdout,
        json ? JSON.stringify({ purged }) : `Deleted: ${counted(purged, 'message')}`,
      );
      if (purged === 0) await warnOfUnknown(io, client, url);
    });
}

function toDelete({ url, pending, oldestPending }: Subscriber, before: string | undefined): string {
  const since = oldestPending ? `, the oldest of ${oldestPending.timestamp}` : '';
  const what = before === undefined ? '' : `what is before ${before} of `;
  return `Nothing was deleted; --yes deletes ${what}${counted(pending, 'message')} that ${pending === 1 ? 'waits' : 'wait'} for ${url}${since}`;
}
