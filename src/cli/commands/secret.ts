import type { Command } from 'commander';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { note, printLine } from '../io';

export function secretCommand({ io }: Context): Command {
  return serverCommand('secret')
    .description(
      'Give a subscriber a new secret, which verifies what is pushed. The one before holds for 24 hours, too.',
    )
    .argument('<subscriber>', 'its URL')
    .addHelpText('after', examples('secret http://localhost:3000/hook'))
    .action(async (url: string, options: ServerOptions) => {
      const secret = await clientOf(options, io).rotateSecret(url);
      await printLine(io.stdout, options.json ? JSON.stringify({ secret }) : printable(secret));
      note(io, 'Shown now and never again; the one before signs along for 24 hours');
    });
}
