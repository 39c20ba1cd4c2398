import type { ExpiredRuns } from './expired-runs';
import { liveCopies } from './live-copies';
import { messageLookup } from './message-lookup';
import type { Connection } from './sqlite-binding';

/**
 * A pending copy as it crosses the thread; times in microseconds, `expiresAt` in milliseconds; null: not set aside, of no
 * trace.
 */
export type PendingRow = readonly [
  position: number,
  id: string,
  topic: string,
  timestamp: number,
  data: string,
  expiresAt: number,
  asideReason: string | null,
  trace: string | null,
  isLate: number,
];

interface BodyColumns {
  readonly id: string;
  readonly topic: string;
  readonly timestamp: number;
  readonly data: string;
  readonly trace: string | null;
}

/** The reading operations of the message store. Positions are unix microseconds. */
export function messageReads(connection: Connection, runs: ExpiredRuns) {
  const lookup = messageLookup(connection);
  const readLive = liveCopies(connection, runs);
  const bodyAt = connection.prepare(
    'SELECT id, topic, timestamp, data, trace FROM bodies WHERE position = ?',
  );

  return {
    /**
     * The rows, whether more follow, and the positions of copies that were left out since their bodies are missing. A page
     * that has nothing else has no rows, and its reader goes on behind the last of these.
     */
    pendingPage(
      url: string,
      after: number,
      before: number,
      limit: number,
      maxBytes: number,
      now: number,
    ): readonly [rows: readonly PendingRow[], hasMore: boolean, missing: readonly number[]] {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId === null) return [[], false, []];
      const copies = readLive(subscriberId, after, before, limit + 1, now);
      const rows: PendingRow[] = [];
      const missing: number[] = [];
      let bytes = 0;
      // Body by body, so that a page of large ones ends before it has filled the memory.
      for (const { position, body, expires_at, aside_reason, is_late } of copies.slice(0, limit)) {
        const found = bodyAt.get(body) as BodyColumns | undefined;
        if (!found) {
          missing.push(position);
          continue;
        }
        const { id, topic, timestamp, data, trace } = found;
        bytes += Buffer.byteLength(data);
        if (bytes > maxBytes && rows.length > 0) return [rows, true, missing];
        rows.push([position, id, topic, timestamp, data, expires_at, aside_reason, trace, is_late]);
      }
      return [rows, copies.length > limit, missing];
    },

    /** The positions of the pending copies among these messages, by message id. */
    locate(url: string, ids: readonly string[]): readonly (readonly [id: string, position: number])[] {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId === null) return [];
      return ids.flatMap((id) => {
        const body = lookup.body(id);
        const copy = body === null ? null : lookup.copy(subscriberId, body);
        return copy?.is_received === 0 ? [[id, copy.position] as const] : [];
      });
    },
  };
}
