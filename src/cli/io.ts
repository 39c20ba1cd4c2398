import { isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { printable } from '../printable';

/** What a command has of the world around it. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Settings of a file are added to it: libraries of the server read the process's own. */
  readonly env: Record<string, string | undefined>;
  /** Where the files are that the command line names by a relative path. */
  readonly cwd: string;
  /** Aborts with an Interruption when the user ends the program. Before it is first asked for, that simply ends the process. */
  readonly interrupted: () => AbortSignal;
}

/** The path of a file that was named on the command line. */
export function pathOf(file: string, { cwd }: Pick<Io, 'cwd'>): string {
  return isAbsolute(file) ? file : join(cwd, file);
}

/** The user ended the program, as by Ctrl-C. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}

/** Whoever reads the output has had enough, as `head` does. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** A failure that the user can do something about: the message is all that is shown of it. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Resolves once a line was handed over to the operating system.
 *
 * @throws OutputClosed when nobody reads it, CliError when it cannot be written, as on a full disk
 */
export function printLine(stream: Writable, line: string): Promise<void> {
  return print(stream, `${line}\n`);
}

/** As `printLine`. */
export async function print(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(outputFault(error));
      else resolve();
    });
  });
}

function outputFault(error: NodeJS.ErrnoException): Error {
  // A reader that leaves makes the first write fail with the one, and all others with the other.
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') {
    return new OutputClosed('The output is closed', { cause: error });
  }
  return new CliError(`The output cannot be written: ${error.message}`, { cause: error });
}

/** Says something beside the output; it is no failure when nobody reads it. */
export function note({ stderr }: Pick<Io, 'stderr'>, line: string): void {
  stderr.write(`${line}\n`);
}

/** Says why something is tried again. */
export function noteRetry(io: Pick<Io, 'stderr'>, error: Error): void {
  note(io, `${printable(error.message)}; trying again`);
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export type Styler = (style: Style, text: string) => string;

/** Styles for a person at a terminal; for all others, and where NO_COLOR is set, the text as it is. */
export function styler({ env, stdout }: Pick<Io, 'env' | 'stdout'>): Styler {
  const isStyled = stdout.isTTY === true && !env.NO_COLOR;
  return (style, text) => (isStyled ? styleText(style, text, { validateStream: false }) : text);
}
