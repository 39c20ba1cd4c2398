import type { ExpiredRuns } from './expired-runs';
import type { Connection } from './sqlite-binding';

/** A run of expired copies is worth remembering from this length on. */
const LONG_RUN = 1000;

/** Where a copy stands, and what it says besides its body. */
export interface CopyColumns {
  readonly position: number;
  readonly body: number;
  readonly expires_at: number;
  readonly aside_reason: string | null;
  readonly is_late: number;
}

/** A subscriber's pending copies behind a position and before another, be they expired or not; reads no bodies. */
export const PENDING_COPIES_SQL = `
  SELECT position, body, expires_at, aside_reason, is_late FROM copies INDEXED BY copies_pending
  WHERE subscriber_id = ? AND is_received = 0 AND position > ? AND position < ?
  ORDER BY position
  LIMIT ?`;

/** The first of them that has not expired; costs the expired ones before it, and of these the index only. */
export const NEXT_LIVE_SQL = `
  SELECT position FROM copies INDEXED BY copies_pending
  WHERE subscriber_id = ? AND is_received = 0 AND position > ? AND position < ? AND expires_at > ?
  ORDER BY position
  LIMIT 1`;

/** Reads those pending copies of a subscriber that have not expired. Positions are unix microseconds. */
export function liveCopies(connection: Connection, runs: ExpiredRuns) {
  const copies = connection.prepare(PENDING_COPIES_SQL);
  const nextLive = connection.prepare(NEXT_LIVE_SQL);
  const last = connection.prepare(
    `SELECT max(position) AS position FROM copies INDEXED BY copies_pending
     WHERE subscriber_id = ? AND is_received = 0 AND position < ?`,
  );
  const countSome = connection.prepare(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM copies INDEXED BY copies_pending
       WHERE subscriber_id = ? AND is_received = 0 AND position > ? AND position <= ? LIMIT ?)`,
  );

  function remember(subscriberId: number, after: number, upTo: number, now: number): void {
    const { count } = countSome.get(subscriberId, after, upTo, LONG_RUN) as { count: number };
    if (count === LONG_RUN) runs.found(subscriberId, after, upTo, now);
  }

  /** Where the first live copy stands; null when there is none. What is pending in between has expired. */
  function findLive(subscriberId: number, after: number, before: number, now: number): number | null {
    const from = runs.skip(subscriberId, after, now);
    const found = nextLive.get(subscriberId, from, before, now) as { position: number } | undefined;
    // The copies that are still to come stand behind the last of those that are there.
    const end = found ?? (last.get(subscriberId, before) as { position: number | null });
    const upTo = found ? found.position - 1 : (end.position ?? from);
    if (upTo > from) remember(subscriberId, after, upTo, now);
    return found?.position ?? null;
  }

  /** Up to `limit` of them behind `after` and before `before`, at the time `now`, in the order of their positions. */
  return (subscriberId: number, after: number, before: number, limit: number, now: number): CopyColumns[] => {
    const live: CopyColumns[] = [];
    let from = after;
    for (;;) {
      const wanted = limit - live.length;
      const some = copies.all(subscriberId, from, before, wanted) as CopyColumns[];
      live.push(...some.filter(({ expires_at }) => expires_at > now));
      if (some.length < wanted || live.length === limit) return live;
      // Where one has expired, many may have.
      const next = findLive(subscriberId, live.at(-1)?.position ?? after, before, now);
      if (next === null) return live;
      from = next - 1;
    }
  };
}
