import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** The parts to run, by name; all when empty. */
  readonly parts: readonly string[];
  /** Only to see that everything works: one short round of each. */
  readonly isShort: boolean;
  /** Run only the scenarios of a part whose name contains this. */
  readonly only: string;
  /** The compiled program under test. */
  readonly server: string;
  readonly logLevel: string;
  /** Where the server under test leaves its CPU profiles; none are made when absent. */
  readonly profileDir?: string;
}

export const USAGE = `npm run bench -- [part ...] [options]
  --short          one short round of everything, to see that it works
  --only <text>    only scenarios whose name contains the text
  --server <file>  the compiled program to measure (dist/main.js)
  --log <level>    its LOG_LEVEL (info); the log goes to /dev/null
  --profile <dir>  leave CPU profiles of the program there`;

/** @throws TypeError when an argument is unknown */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      server: { type: 'string', default: 'dist/main.js' },
      log: { type: 'string', default: 'info' },
      profile: { type: 'string' },
    },
  });
  return {
    parts: positionals,
    isShort: values.short,
    only: values.only,
    server: values.server,
    logLevel: values.log,
    ...(values.profile !== undefined && { profileDir: values.profile }),
  };
}
