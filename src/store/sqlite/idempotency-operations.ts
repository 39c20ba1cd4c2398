import { deleteEach } from './deletion';
import type { Deletion } from './deletion';
import { parseTimestamp } from '../../timestamp';
import type { PositionMark } from './position-mark';
import type { Connection } from './sqlite-binding';

/** An idempotency record as it crosses the thread: the fields of IdempotencyRecord. */
export type IdempotencyRow = readonly [
  key: string,
  fingerprint: string,
  messageId: string,
  timestamp: string,
  answer: string | null,
  expiresAt: number,
];

interface IdempotencyColumns {
  readonly key: string;
  readonly fingerprint: string;
  readonly message_id: string;
  readonly timestamp: string;
  readonly answer: string | null;
  readonly expires_at: number;
}

function toRow(row: unknown): IdempotencyRow {
  const { key, fingerprint, message_id, timestamp, answer, expires_at } = row as IdempotencyColumns;
  return [key, fingerprint, message_id, timestamp, answer, expires_at];
}

/** The operations of the idempotency store. All of them write. */
export function idempotencyWrites(connection: Connection, mark: PositionMark) {
  const claim = connection.prepare(
    `INSERT INTO idempotency_keys (key, fingerprint, message_id, timestamp, answer, expires_at)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET
       fingerprint = excluded.fingerprint, message_id = excluded.message_id, timestamp = excluded.timestamp,
       answer = excluded.answer, expires_at = excluded.expires_at
     WHERE idempotency_keys.expires_at <= ?`,
  );
  const find = connection.prepare('SELECT * FROM idempotency_keys WHERE key = ?');
  const answer = connection.prepare(
    'UPDATE idempotency_keys SET answer = ? WHERE key = ? AND message_id = ?',
  );
  const expired = connection.prepare(
    `SELECT id FROM idempotency_keys INDEXED BY idempotency_keys_expiring
     WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  );
  const deleteOne = connection.prepare('DELETE FROM idempotency_keys WHERE id = ?');

  return {
    /** Stores the row unless its key has one that expires after `now`. Returns that one, or null when it was stored. */
    claimKey(now: number, ...row: IdempotencyRow): IdempotencyRow | null {
      if (Number(claim.run(...row, now).changes) === 0) return toRow(find.get(row[0]));
      // The message may come as late as the key expires, and then at this timestamp.
      mark.note(parseTimestamp(row[3]) ?? 0);
      return null;
    },

    saveAnswer(key: string, messageId: string, text: string): void {
      answer.run(text, key, messageId);
    },

    /** Deletes up to `limit` records that expired at or before `now` (unix milliseconds). */
    deleteExpiredKeys(now: number, limit: number): Deletion {
      const rows = expired.all(now, limit) as { id: number }[];
      // One by one, since an answer may fill many pages.
      return deleteEach(rows, limit, ({ id }) => void deleteOne.run(id));
    },
  };
}
