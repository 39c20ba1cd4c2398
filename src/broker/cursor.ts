import { HeraldError } from '../errors';
import { parseTimestamp } from '../timestamp';

/**
 * The cursor, when it is one.
 *
 * @param path what it is called in the request
 * @throws HeraldError `invalid_cursor`
 */
export function checkCursor(cursor: string, path: string): string {
  if (parseTimestamp(cursor) !== null) return cursor;
  const fault = 'is not a cursor; send the one of an earlier page as it was answered';
  throw new HeraldError('invalid_cursor', `${path} ${fault}`, [{ path, message: fault }]);
}

/** The cursor of a page that was asked for with `cursor` and ends at `last`, which may come before it. */
export function laterOf(cursor: string | undefined, last: string | undefined): string | null {
  if (cursor === undefined || last === undefined) return last ?? cursor ?? null;
  return last > cursor ? last : cursor;
}
