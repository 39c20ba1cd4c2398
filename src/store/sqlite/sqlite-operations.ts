import { backlogReads } from './backlog-reads';
import type { ExpiredRuns } from './expired-runs';
import { idempotencyWrites } from './idempotency-operations';
import { messageDeletion } from './message-deletion';
import { messageReads } from './message-reads';
import { markWrites, putWrites } from './message-writes';
import type { PendingCounters } from './pending-counters';
import type { PositionMark } from './position-mark';
import type { Connection } from './sqlite-binding';
import { subscriberReads, subscriberWrites } from './subscriber-operations';
import { subscriptionReads, subscriptionWrites } from './subscription-operations';

/*
 * Everything that can be asked of the worker thread, by name. An operation added here can at once be called, with its
 * types, through SqliteClient. Arguments and results cross the thread: plain strings, numbers, null, and arrays of them.
 */

/** Operations that change nothing; they run outside of a transaction and see what is committed. */
export function createReads(connection: Connection, runs: ExpiredRuns) {
  return {
    ...messageReads(connection, runs),
    ...backlogReads(connection),
    ...subscriptionReads(connection),
    ...subscriberReads(connection),
  };
}

/** What the operations of one connection share. */
export interface WriteState {
  readonly counters: PendingCounters;
  readonly mark: PositionMark;
  readonly runs: ExpiredRuns;
}

/** Operations that run within a transaction that they share with others. */
export function createWrites(connection: Connection, { counters, mark, runs }: WriteState) {
  const ping = connection.prepare('UPDATE health SET pings = pings + 1');
  return {
    ...putWrites(connection, counters, runs),
    ...markWrites(connection, counters),
    ...messageDeletion(connection, counters, mark),
    ...subscriptionWrites(connection),
    ...subscriberWrites(connection),
    ...idempotencyWrites(connection, mark),
    /** Shows that a transaction gets through to the disk. */
    ping(): void {
      ping.run();
    },
  };
}

export type Reads = ReturnType<typeof createReads>;
export type Writes = ReturnType<typeof createWrites>;
