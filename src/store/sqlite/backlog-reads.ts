import type { Connection } from './sqlite-binding';

/** The operations that tell what there is, without reading bodies. Positions are unix microseconds. */
export function backlogReads(connection: Connection) {
  const pendingOf = connection.prepare('SELECT pending FROM subscribers WHERE url = ?');
  const withBacklog = connection.prepare(
    'SELECT url FROM subscribers INDEXED BY subscribers_with_backlog WHERE pending > 0',
  );
  const late = connection.prepare(`
    SELECT subscribers.url AS subscriber, bodies.id AS id FROM copies INDEXED BY copies_late
    JOIN subscribers ON subscribers.id = copies.subscriber_id
    JOIN bodies ON bodies.position = copies.body
    WHERE copies.is_late = 1 AND copies.is_received = 0
    ORDER BY copies.position DESC LIMIT ?`);
  // A copy can stand behind every body only when it was moved.
  const last = connection.prepare(`
    SELECT max(
      coalesce((SELECT position FROM last_position), 0),
      coalesce((SELECT max(position) FROM bodies), 0),
      coalesce((SELECT max(position) FROM copies INDEXED BY copies_moved WHERE position <> body), 0)
    ) AS position`);

  return {
    countPending(url: string): number {
      return (pendingOf.get(url) as { pending: number } | undefined)?.pending ?? 0;
    },

    subscribersWithBacklog(): readonly string[] {
      return (withBacklog.all() as { url: string }[]).map(({ url }) => url);
    },

    /** The newest late copies that are pending. */
    lateCopies: (limit: number) => late.all(limit) as { readonly subscriber: string; readonly id: string }[],

    lastPosition: (): number => (last.get() as { position: number }).position,
  };
}
