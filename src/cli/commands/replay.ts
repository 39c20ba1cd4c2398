import type { Command } from 'commander';
import { clientOf, type Context, EXIT, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { printLine } from '../io';

const HELP = `${examples('replay http://localhost:3000/hook msg_0198c5a2b7d57b3e9d3f2a1c4e5f6a7b')}

Exit status: 0 the subscriber received it; 3 it did not, and the message stays in the backlog; 1 it could not be tried;
2 the command line is wrong.`;

export function replayCommand(context: Context): Command {
  const { io } = context;
  return serverCommand('replay')
    .description("Push one message of a subscriber's backlog now, out of turn.")
    .argument('<subscriber>', 'its URL')
    .argument('<id>', 'of the message')
    .addHelpText('after', HELP)
    .action(async (url: string, id: string, options: ServerOptions) => {
      const answer = await clientOf(options, io).replay(url, id);
      if (!answer.received) context.exitCode = EXIT.notReceived;
      const { outcome, status, durationMs, received } = answer;
      const what = received ? 'Received' : 'Not received, it stays in the backlog';
      const how = status === undefined ? outcome : `${outcome} ${status}`;
      const line = printable(`${what}: ${how} in ${durationMs} ms`);
      await printLine(io.stdout, options.json ? JSON.stringify(answer) : line);
    });
}
