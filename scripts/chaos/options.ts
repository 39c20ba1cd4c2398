import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** How often the server is started and killed. */
  readonly rounds: number;
  /** Of the random decisions; the instants at which requests meet still differ from run to run. */
  readonly seed: number;
  readonly store: 'embedded' | 'dynamodb';
}

export const USAGE = `npm run chaos -- [options]
  --rounds <n>     how often the server is started and killed (100)
  --seed <n>       repeats the random decisions of an earlier run
  --store <which>  embedded (default), or dynamodb, which is an emulator`;

/** @throws TypeError when an argument is unknown or makes no sense */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      store: { type: 'string', default: 'embedded' },
    },
  });
  const { store } = values;
  if (store !== 'embedded' && store !== 'dynamodb') throw new TypeError(`No such store: ${store}`);
  return { rounds: wholeNumber('rounds', values.rounds), seed: wholeNumber('seed', values.seed), store };
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} must be a whole number`);
}
