import { Command, InvalidArgumentError, Option } from 'commander';
import { HeraldClient } from '../client';
import { Interruption, type Io, UsageError } from './io';

/** What the process ends with. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** Published, but some subscribers did not receive it. */
  notReceived: 3,
  /** As shells report a program that ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** What commands share. */
export interface Context {
  readonly io: Io;
  /** What the process is to end with when no error ends it. */
  exitCode: number;
}

/** The options of every command that talks to a server. */
export interface ServerOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

const DEFAULT_URL = 'http://localhost:8000';

/** A command that talks to a server. */
export function serverCommand(name: string): Command {
  return withServerOptions(new Command(name));
}

/** Adds what ServerOptions are, and returns the command. */
export function withServerOptions(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', `the server (HERALD_URL; ${DEFAULT_URL})`))
    .addOption(
      new Option('--token <token>', 'sent as bearer token (HERALD_TOKEN, which other users cannot see)'),
    )
    .addOption(new Option('--json', 'print JSON, one value per line'));
}

/** Where the server is that a command talks to. */
export function serverUrl({ url }: Pick<ServerOptions, 'url'>, { env }: Pick<Io, 'env'>): string {
  return url ?? setIn(env, 'HERALD_URL') ?? DEFAULT_URL;
}

/** @throws UsageError when the address is not one */
export function clientOf(options: ServerOptions, io: Io): HeraldClient {
  const token = options.token ?? setIn(io.env, 'HERALD_TOKEN');
  try {
    return new HeraldClient({ url: serverUrl(options, io), token });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** Runs what goes on until Ctrl-C, which is a proper end of it. */
export async function untilInterrupted(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
  }
}

/** Reads an option that is a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** The end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ herald ${line}`).join('\n')}`;
}

/** A variable that is set but empty counts as not set. */
function setIn(env: Io['env'], name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}
