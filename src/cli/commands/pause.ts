import type { Command } from 'commander';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { printLine } from '../io';

export function pauseCommand(context: Context): Command {
  return settingCommand(context, 'pause', { paused: true, done: 'Paused' }).description(
    'Push nothing to a subscriber for now. What is published waits in its backlog.',
  );
}

export function resumeCommand(context: Context): Command {
  return settingCommand(context, 'resume', { paused: false, done: 'Resumed' }).description(
    'Push to a paused subscriber again: first what waits, then what comes.',
  );
}

function settingCommand(
  { io }: Context,
  name: string,
  { paused, done }: { readonly paused: boolean; readonly done: string },
): Command {
  return serverCommand(name)
    .argument('<subscriber>', 'its URL')
    .addHelpText('after', examples(`${name} http://localhost:3000/hook`))
    .action(async (url: string, options: ServerOptions) => {
      const subscriber = await clientOf(options, io).changeSettings(url, { paused });
      // Being resumed is not being pushed to: it may be offline, or disabled.
      const line = `${done}: ${subscriber.url}  ${subscriber.state}, ${subscriber.pending} waiting`;
      await printLine(io.stdout, options.json ? JSON.stringify(subscriber) : printable(line));
    });
}
