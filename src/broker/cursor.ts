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
