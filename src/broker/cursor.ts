import { HeraldError } from '../errors';
import { formatTimestamp, parseTimestamp } from '../timestamp';

/** A cursor names no more late messages than these, so that it fits into a query. */
export const MAX_LATE = 64;

const PATTERN = /^([^~]+)(?:~([0-9a-z]+(?:\.[0-9a-z]+)*))?$/;

/**
 * How far somebody has read a backlog: everything up to a position, but of the late messages there only those that were on
 * its pages. As text it is the position, and, where there are such, `~` and how many microseconds each stands before it, in
 * base 36, with dots between.
 */
export interface Cursor {
  readonly position: string;
  /** The positions of late messages, at or before `position`; at most MAX_LATE. */
  readonly late: readonly string[];
}

/**
 * The inverse of `formatCursor`.
 *
 * @param path what it is called in the request
 * @throws HeraldError `invalid_cursor`
 */
export function parseCursor(text: string, path: string): Cursor {
  const [, position = '', list = ''] = PATTERN.exec(text) ?? [];
  const micros = parseTimestamp(position);
  const offsets = list === '' ? [] : list.split('.').map((digits) => Number.parseInt(digits, 36));
  const isCursor = micros !== null && offsets.length <= MAX_LATE && offsets.every((it) => it <= micros);
  if (isCursor) return { position, late: offsets.map((offset) => formatTimestamp(micros - offset)) };
  const fault = 'is not a cursor; send the one of an earlier page as it was answered';
  throw new HeraldError('invalid_cursor', `${path} ${fault}`, [{ path, message: fault }]);
}

/** Of more than MAX_LATE late messages those named first are left out: they have to be read again. */
export function formatCursor({ position, late }: Cursor): string {
  if (late.length === 0) return position;
  const micros = parseTimestamp(position) ?? 0;
  const offsets = late.slice(-MAX_LATE).map((it) => (micros - (parseTimestamp(it) ?? micros)).toString(36));
  return `${position}~${offsets.join('.')}`;
}
