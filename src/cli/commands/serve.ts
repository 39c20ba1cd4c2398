import { Command } from 'commander';
import { type Context, examples } from '../context';
import { loadSettings, SETTINGS_OPTION } from '../settings-file';

/** Runs the server in this process, as `node dist/main.js` does. */
export function serveCommand({ io }: Context): Command {
  return new Command('serve')
    .description('Run a server. Its settings come from the environment, then from a file.')
    .option(...SETTINGS_OPTION)
    .addHelpText('after', examples('serve', 'serve --settings production.env', 'doctor'))
    .action(async ({ settings }: { readonly settings?: string }) => {
      loadSettings(settings, io);
      await import('../../main.js');
    });
}
