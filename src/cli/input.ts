import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { JsonText } from '../client';
import { byteLines } from '../client/text-lines';
import { CliError, type Io, pathOf, UsageError } from './io';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = '\ufeff';
const IS_NOT_UTF8 = 'is not valid UTF-8, which JSON has to be: convert it, as with iconv';
const HAS_MARK = 'begins with a byte order mark (U+FEFF), which is no part of JSON: save it without';

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

/** @throws CliError when it cannot be read, UsageError when it is no UTF-8 */
export async function readAll(input: Readable): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await buffer(input);
  } catch (error) {
    throw unreadable(error);
  }
  const text = utf8(bytes);
  if (text === null) throw new UsageError(`The message ${IS_NOT_UTF8}`);
  return text;
}

/** @throws UsageError when it is not JSON */
export function jsonText(given: string): JsonText {
  if (given.startsWith(BYTE_ORDER_MARK)) throw new UsageError(`The message ${HAS_MARK}`);
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
 * @throws UsageError at a line that is not JSON in UTF-8, CliError when the input cannot be read; the signal's reason when it
 * aborts
 */
export async function* jsonLines(input: Readable, signal?: AbortSignal): AsyncGenerator<JsonText, void> {
  let number = 0;
  for await (const bytes of byteLines(readable(input, signal))) {
    number += 1;
    const line = utf8(bytes);
    if (line === null) throw new UsageError(`Line ${number} ${IS_NOT_UTF8}`);
    if (line.startsWith(BYTE_ORDER_MARK)) throw new UsageError(`Line ${number} ${HAS_MARK}`);
    if (line.trim() !== '') yield jsonLine(line, number);
  }
}

/** Null when it is no UTF-8, which nobody would notice if it were replaced. */
function utf8(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

function jsonLine(line: string, number: number): JsonText {
  try {
    return new JsonText(line);
  } catch (error) {
    throw new UsageError(`Line ${number} is not JSON: ${reasonOf(error)}`, { cause: error });
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
