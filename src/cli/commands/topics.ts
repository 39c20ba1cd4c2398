import type { Command } from 'commander';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { counted } from '../counted';
import { note, printLine } from '../io';

export function topicsCommand({ io }: Context): Command {
  return serverCommand('topics')
    .description('List the topics that somebody is subscribed to.')
    .addHelpText('after', examples('topics', "topics --json | jq -r '.[].topic'"))
    .action(async (options: ServerOptions) => {
      const { topics, hasMore } = await clientOf(options, io).overview();
      if (options.json) await printLine(io.stdout, JSON.stringify(topics));
      else {
        for (const { topic, subscribers } of topics) {
          await printLine(io.stdout, printable(`${topic}  ${counted(subscribers.length, 'subscriber')}`));
        }
        if (topics.length === 0) note(io, 'There are no topics');
      }
      if (hasMore) note(io, 'The server did not list everything: topics or subscribers may be missing here');
    });
}
