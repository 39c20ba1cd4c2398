import { microsOfMessageId } from '../../message-id';
import type { ExpiredRuns } from './expired-runs';
import type { Connection, Statement } from './sqlite-binding';
import { messageLookup } from './message-lookup';
import type { PendingCounters } from './pending-counters';

/** How many positions are looked at together in the search for a free one. */
const NEIGHBOURS = 64;

/** A message as it crosses the thread: its timestamp in microseconds, its trace as one text. */
export interface StoredBody {
  readonly id: string;
  readonly topic: string;
  readonly timestamp: number;
  readonly data: string;
  readonly trace: string | null;
}

/** The operation that adds copies. Positions are unix microseconds. */
export function putWrites(connection: Connection, counters: PendingCounters, runs: ExpiredRuns) {
  const lookup = messageLookup(connection);
  const addSubscriber = connection.prepare('INSERT INTO subscribers (url) VALUES (?) RETURNING id');
  const addBody = connection.prepare(
    `INSERT INTO bodies (position, id, topic, timestamp, is_moved, copy_count, data, trace)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const putCopy = copyWrite(connection);
  const extend = extension(connection);
  const countCopies = connection.prepare('UPDATE bodies SET copy_count = copy_count + ? WHERE position = ?');
  const turnLate = connection.prepare(
    'UPDATE copies SET is_late = 1 WHERE subscriber_id = ? AND position = ? AND is_received = 0',
  );
  const bodiesFrom = connection.prepare(
    'SELECT position FROM bodies WHERE position >= ? ORDER BY position LIMIT ?',
  );

  function subscriberIdOf(url: string): number {
    return lookup.subscriberId(url) ?? (addSubscriber.get(url) as { id: number }).id;
  }

  /** Stores a body that is not there yet, at its timestamp or the next free microsecond. Returns where it stands. */
  function putBody({ id, topic, timestamp, data, trace }: StoredBody, copyCount: number): number {
    const insertAt = (position: number): number => {
      const isMoved = microsOfMessageId(id) === position ? 0 : 1;
      return Number(addBody.run(position, id, topic, timestamp, isMoved, copyCount, data, trace).changes);
    };
    if (insertAt(timestamp) === 1) return timestamp;
    const position = firstFree(bodiesFrom, timestamp);
    insertAt(position);
    return position;
  }

  return {
    /**
     * Stores the message's body, if it is not there, and the copies that are missing.
     *
     * @param urls the subscribers, at least one, none twice; entry n's copy expires at `expiries[n]`
     *   and one that is there already and pending does not before
     * @param late those of `urls` whose copies are late ones, also where they are there already and pending
     */
    putCopies(
      message: StoredBody,
      urls: readonly string[],
      expiries: readonly number[],
      late: readonly string[],
    ): void {
      const { id, timestamp } = message;
      const known = lookup.body(id);
      const body = known ?? putBody(message, urls.length);
      let added = 0;
      urls.forEach((url, n) => {
        const subscriberId = subscriberIdOf(url);
        const isLate = late.includes(url);
        const expiresAt = Number(expiries[n]);
        const there = known === null ? null : lookup.copy(subscriberId, known);
        if (there) {
          if (isLate) turnLate.run(subscriberId, there.position);
          if (extend(subscriberId, there.position, expiresAt)) runs.stored(subscriberId, there.position);
          return;
        }
        const position = putCopy({ subscriberId, timestamp, body, expiresAt, isLate });
        runs.stored(subscriberId, position);
        counters.add(subscriberId, 1);
        added += 1;
      });
      if (known !== null && added > 0) countCopies.run(added, body);
    },
  };
}

interface NewCopy {
  readonly subscriberId: number;
  /** The message's timestamp. */
  readonly timestamp: number;
  /** Where its body stands. */
  readonly body: number;
  readonly expiresAt: number;
  readonly isLate: boolean;
}

/** Stores a copy that is not there yet, at the message's timestamp or the next free microsecond; returns its position. */
function copyWrite(connection: Connection): (copy: NewCopy) => number {
  const addCopy = connection.prepare(
    `INSERT INTO copies (subscriber_id, position, body, is_received, expires_at, is_late) VALUES (?, ?, ?, 0, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const copiesFrom = connection.prepare(
    'SELECT position FROM copies WHERE subscriber_id = ? AND position >= ? ORDER BY position LIMIT ?',
  );
  return ({ subscriberId, timestamp, body, expiresAt, isLate }) => {
    const insertAt = (position: number): number =>
      Number(addCopy.run(subscriberId, position, body, expiresAt, isLate ? 1 : 0).changes);
    if (insertAt(timestamp) === 1) return timestamp;
    const position = firstFree(copiesFrom, timestamp, subscriberId);
    insertAt(position);
    return position;
  };
}

/** Keeps a pending copy, which may have expired, until `expiresAt` at least; returns whether that is longer than before. */
function extension(
  connection: Connection,
): (subscriberId: number, position: number, expiresAt: number) => boolean {
  const extend = connection.prepare(
    `UPDATE copies SET expires_at = ?
     WHERE subscriber_id = ? AND position = ? AND is_received = 0 AND expires_at < ?`,
  );
  return (subscriberId, position, expiresAt) =>
    Number(extend.run(expiresAt, subscriberId, position, expiresAt).changes) > 0;
}

/** The operations that mark copies received or set aside. Positions are unix microseconds. */
export function markWrites(connection: Connection, counters: PendingCounters) {
  const lookup = messageLookup(connection);
  const mark = connection.prepare(
    'UPDATE copies SET is_received = 1, expires_at = ? WHERE subscriber_id = ? AND position = ? AND is_received = 0',
  );
  const markUpTo = connection.prepare(
    `UPDATE copies SET is_received = 1, expires_at = ? WHERE subscriber_id = ? AND position IN (
       SELECT position FROM copies INDEXED BY copies_pending
       WHERE subscriber_id = ? AND is_received = 0 AND position <= ? AND is_late = 0 ORDER BY position LIMIT ?)`,
  );
  const aside = connection.prepare(
    'UPDATE copies SET aside_reason = ? WHERE subscriber_id = ? AND position = ? AND is_received = 0',
  );

  return {
    /** Returns how many copies turned from pending to received. */
    markReceived(url: string, positions: readonly number[], expiresAt: number): number {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId === null) return 0;
      const marked = positions.reduce(
        (sum, position) => sum + Number(mark.run(expiresAt, subscriberId, position).changes),
        0,
      );
      counters.add(subscriberId, -marked);
      return marked;
    },

    /** Marks the oldest `limit` pending copies at or before `position`, late ones left out. Returns how many there were. */
    markReceivedUpTo(url: string, position: number, expiresAt: number, limit: number): number {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId === null) return 0;
      const marked = Number(markUpTo.run(expiresAt, subscriberId, subscriberId, position, limit).changes);
      counters.add(subscriberId, -marked);
      return marked;
    },

    setAside(url: string, position: number, reason: string): void {
      const subscriberId = lookup.subscriberId(url);
      if (subscriberId !== null) aside.run(reason, subscriberId, position);
    },
  };
}

/** The first position at or behind `from` that none of the statement's rows has; it costs the rows in between. */
function firstFree(rowsFrom: Statement, from: number, ...scope: number[]): number {
  let free = from;
  for (;;) {
    const rows = rowsFrom.all(...scope, free, NEIGHBOURS) as { position: number }[];
    for (const { position } of rows) {
      if (position !== free) return free;
      free += 1;
    }
    if (rows.length < NEIGHBOURS) return free;
  }
}
