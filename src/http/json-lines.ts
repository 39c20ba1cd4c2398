import type { Request, Response } from 'express';
import { HeraldError } from '../errors';
import { checkCharset, decodeUtf8, emptyBody, rawBodyReader } from './json-body';

export const JSON_LINES_TYPE = 'application/x-ndjson';

const MAX_LINES = 1000;
export const MAX_BATCH_BYTES = 16 * 1024 * 1024;

const readRaw = rawBodyReader(MAX_BATCH_BYTES, 'batch_too_large');

/** What a line holds behind JSON's white space (RFC 8259 §2); other white space is a fault in a text. */
const CONTENT = /[^ \t\r\n][^\n]*/g;

/** Whether the body is a batch: newline-delimited JSON. */
export function isJsonLines(req: Request): boolean {
  return req.is(JSON_LINES_TYPE) !== false;
}

/**
 * The lines of a batch that are not blank, as they came.
 *
 * @throws HeraldError `batch_too_large` over 1,000 lines or 16 MiB, `empty_body`, `invalid_json` when it is not UTF-8,
 *   `unsupported_media_type` when it says so itself
 */
export async function readJsonLines(req: Request, res: Response): Promise<readonly string[]> {
  checkCharset(req.headers['content-type'], JSON_LINES_TYPE);
  const body = await readRaw(req, res);
  if (!Buffer.isBuffer(body)) throw emptyBody();
  const lines = linesOf(decodeUtf8(body));
  if (lines.length === 0) throw emptyBody();
  return lines;
}

/** A small compressed body can hold millions of lines, so those that are blank, and those over the limit, are none. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const { 0: content, index } of text.matchAll(CONTENT)) {
    if (lines.length === MAX_LINES) {
      throw new HeraldError('batch_too_large', `A batch has at most ${MAX_LINES} lines, this one has more`);
    }
    const start = text.lastIndexOf('\n', index) + 1;
    lines.push(text.slice(start, index + content.length).replace(/\r$/, ''));
  }
  return lines;
}
