import { deleteEach } from './deletion';
import type { Deletion } from './deletion';
import { messageLookup } from './message-lookup';
import type { PendingCounters } from './pending-counters';
import type { PositionMark } from './position-mark';
import type { Connection } from './sqlite-binding';

/** Free pages (4 KiB each) that the file keeps for what is stored next, rather than giving them back. */
const SPARE_PAGES = 1_024;
/** At most this many pages are given back at a time: each may have to be moved from the end of the file. */
const VACUUM_PAGES = 128;

interface CopyRow {
  readonly subscriber_id: number;
  readonly position: number;
  readonly body: number;
  readonly is_received: number;
}

/** The operations that delete copies, and bodies with their last copy. Each takes a few milliseconds at most. */
export function messageDeletion(connection: Connection, counters: PendingCounters, mark: PositionMark) {
  const lookup = messageLookup(connection);
  const expired = connection.prepare(
    `SELECT subscriber_id, position, body, is_received FROM copies INDEXED BY copies_expiring
     WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  );
  const pending = connection.prepare(
    `SELECT subscriber_id, position, body, is_received FROM copies INDEXED BY copies_pending
     WHERE subscriber_id = ? AND is_received = 0 AND position < ? ORDER BY position LIMIT ?`,
  );
  const oldest = connection.prepare(
    `SELECT subscriber_id, position, body, is_received, expires_at FROM copies INDEXED BY copies_pending
     WHERE subscriber_id = ? AND is_received = 0 ORDER BY position LIMIT ?`,
  );
  const deleteCopy = connection.prepare('DELETE FROM copies WHERE subscriber_id = ? AND position = ?');
  const deleteLastBody = connection.prepare('DELETE FROM bodies WHERE position = ? AND copy_count <= 1');
  const countDown = connection.prepare('UPDATE bodies SET copy_count = copy_count - 1 WHERE position = ?');
  const freePages = connection.prepare('PRAGMA freelist_count');

  function deleteOne({ subscriber_id, position, body, is_received }: CopyRow): void {
    deleteCopy.run(subscriber_id, position);
    mark.note(Math.max(position, body));
    if (is_received === 0) counters.add(subscriber_id, -1);
    if (Number(deleteLastBody.run(body).changes) === 0) countDown.run(body);
  }

  function giveSpaceBack(): void {
    const { freelist_count: free } = freePages.get() as { freelist_count: number };
    if (free > SPARE_PAGES) {
      connection.exec(`PRAGMA incremental_vacuum(${Math.min(free - SPARE_PAGES, VACUUM_PAGES)})`);
    }
  }

  return {
    /** Deletes up to `limit` copies that expired at or before `now` (unix milliseconds). */
    deleteExpired(now: number, limit: number): Deletion {
      const deletion = deleteEach(expired.all(now, limit) as CopyRow[], limit, deleteOne);
      giveSpaceBack();
      return deletion;
    },

    /**
     * Deletes up to `limit` of the subscriber's pending copies before the position, oldest first, and leaves `keep` pending
     * ones at least.
     */
    purge(url: string, before: number, limit: number, keep: number): Deletion {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId === null) return [0, true];
      const excess = keep > 0 ? Math.max(0, counters.pendingOf(subscriberId) - keep) : limit;
      const rows = pending.all(subscriberId, before, Math.min(limit, excess)) as CopyRow[];
      return deleteEach(rows, limit, deleteOne);
    },

    /** Deletes up to `limit` of the subscriber's pending copies, oldest first, up to the first that is live at `now`. */
    purgeExpired(url: string, now: number, limit: number): Deletion {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId === null) return [0, true];
      const rows = oldest.all(subscriberId, limit) as (CopyRow & { readonly expires_at: number })[];
      const firstLive = rows.findIndex(({ expires_at }) => expires_at > now);
      return deleteEach(firstLive < 0 ? rows : rows.slice(0, firstLive), limit, deleteOne);
    },
  };
}
