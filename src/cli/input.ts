import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { JsonText } from '../client';
import { textLines } from '../client/text-lines';
import { CliError, type Io, pathOf, UsageError } from './io';

/**
 * A file, or standard input for `-`.
 *
 * @throws UsageError when there is neither a file nor anything piped in
 */
export function inputOf(file: string | undefined, { stdin, cwd }: Pick<Io, 'stdin' | 'cwd'>): Readable {
  if (file !== undefined && file !== '-') return createReadStream(pathOf(file, { cwd }));
  if (file === undefined && stdin.isTTY) {
    throw new UsageError('There is nothing to publish: give it as an argument, by --file, or pipe it in');
  }
  return stdin;
}

/** @throws CliError when it cannot be read */
export async function readAll(input: Readable): Promise<string> {
  try {
    return await text(input);
  } catch (error) {
    throw unreadable(error);
  }
}

/** @throws UsageError when it is not JSON */
export function jsonText(given: string): JsonText {
  if (given.trim() === '') throw new UsageError('The message is empty; it has to be JSON');
  try {
    return new JsonText(given);
  } catch (error) {
    const hint = /^[\w .!?-]+$/.test(given) ? `; a text has quotes of its own: '"${given}"'` : '';
    throw new UsageError(`The message is not JSON: ${reasonOf(error)}${hint}`, { cause: error });
  }
}

/**
 * The lines that are not blank.
 *
 * @throws CliError at a line that is not JSON, or when the input cannot be read; the signal's reason when it aborts
 */
export async function* jsonLines(input: Readable, signal?: AbortSignal): AsyncGenerator<JsonText, void> {
  let number = 0;
  for await (const line of textLines(readable(input, signal))) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      yield new JsonText(line);
    } catch (error) {
      throw new CliError(`Line ${number} is not JSON: ${reasonOf(error)}`, { cause: error });
    }
  }
}

async function* readable(input: Readable, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  // Whoever pipes it in may go on for ever without a word.
  const leave = () => void input.destroy();
  signal?.addEventListener('abort', leave);
  try {
    signal?.throwIfAborted();
    yield* input;
  } catch (error) {
    throw signal?.aborted ? signal.reason : unreadable(error);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

function unreadable(error: unknown): CliError {
  return new CliError(`The input cannot be read: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
