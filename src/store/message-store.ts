import type { Message, PendingMessage } from '../model';

/** One copy to store: for whom, and until when. */
export interface Copy {
  readonly subscriber: string;
  /** Unix milliseconds after which the copy is no longer delivered and may be deleted. */
  readonly expiresAt: number;
  /** Whether it is a late one. */
  readonly isLate?: boolean;
}

export interface LateCopy {
  readonly subscriber: string;
  /** The message's id. */
  readonly id: string;
}

/** A copy that could not be stored. */
export interface PutFailure {
  readonly subscriber: string;
  readonly error: Error;
}

export interface PendingQuery {
  /** Only copies behind this position. */
  readonly after?: string;
  /** Only copies before this position. */
  readonly before?: string;
  /** At most this many copies, 1 or more. */
  readonly limit: number;
  /** The page ends early once its data exceed this many bytes; it always holds at least one copy if there is one. */
  readonly maxBytes: number;
  /** Unix milliseconds; copies that expired at or before this are left out. */
  readonly now: number;
}

export interface PurgeBounds {
  readonly before?: string;
  readonly limit?: number;
  readonly keep?: number;
}

export interface PendingPage {
  /** In the order of their positions. */
  readonly messages: readonly PendingMessage[];
  /** Whether more copies within the query's bounds may follow the last one. */
  readonly hasMore: boolean;
}

/**
 * Holds the copies of messages that subscribers have not received, and those that they have until retention ends.
 *
 * A copy is identified by (subscriber, position). Whatever resolved is durable: it survives `kill -9` and power loss.
 * Every method rejects with StoreUnavailableError when the backend cannot do it, and is then safe to repeat.
 * Every operation costs what it returns or changes, not what else is stored.
 */
export interface MessageStore {
  /** The largest `data`, in UTF-8 bytes, that `put` accepts. */
  readonly maxMessageBytes: number;

  /**
   * Stores one pending copy of `message` per entry of `copies`. Its position is the message's timestamp, or the next
   * free microsecond behind it where that subscriber already has another message there: no row is ever replaced.
   * Storing a message again for a subscriber that already has it (pending or received) changes nothing, except that a
   * pending copy turns into a late one where that is what is stored, and does not expire before what is stored would: it
   * may have expired already.
   *
   * @returns the copies that could not be stored; empty when all were. Rejects only when none was.
   */
  put(message: Message, copies: readonly Copy[]): Promise<readonly PutFailure[]>;

  /** Reads one page of a subscriber's pending copies, oldest position first, without changing them. */
  pending(subscriber: string, query: PendingQuery): Promise<PendingPage>;

  /**
   * The positions of the subscriber's copies with these message ids.
   * Ids that are unknown, or whose copy is already received, are left out.
   */
  locate(subscriber: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /**
   * Marks copies received. Positions that hold no pending copy are ignored.
   *
   * @param expiresAt unix milliseconds until which the received copies are kept as history
   * @returns how many copies turned from pending to received by this call
   */
  markReceived(subscriber: string, positions: readonly string[], expiresAt: number): Promise<number>;

  /** Like `markReceived`, for every pending copy at or before `position` that is no late one. */
  markReceivedUpTo(subscriber: string, position: string, expiresAt: number): Promise<number>;

  /**
   * Notes on a pending copy why it is not pushed any more (at most 200 characters); it stays pending, and `pending`
   * shows the reason. Nothing happens when there is no pending copy at the position.
   */
  setAside(subscriber: string, position: string, reason: string): Promise<void>;

  /**
   * Deletes pending copies, oldest first: all of them, or those before the position `before`, at most `limit`. A backend
   * that knows the number of pending copies leaves `keep` of them at least, whatever else goes on.
   *
   * @returns how many were deleted; rejects with PurgeInterruptedError, which says that, too, when it fails on the way
   */
  purge(subscriber: string, bounds: PurgeBounds): Promise<number>;

  /**
   * Deletes pending copies that expired at or before `now` (unix milliseconds), oldest position first, up to the first one
   * that is live, at most `limit`.
   *
   * @returns how many were deleted
   */
  purgeExpired(subscriber: string, now: number, limit: number): Promise<number>;

  /** How many copies are pending for the subscriber (expired ones that still wait for deletion included). */
  countPending(subscriber: string): Promise<number>;

  /** The subscribers that may have pending copies; costs their number, not the number of copies. */
  subscribersWithBacklog(): Promise<readonly string[]>;

  /**
   * Deletes copies, pending or received, that expired at or before `now` (unix milliseconds), at most `limit`.
   * A backend that expires rows by itself does nothing.
   *
   * @returns how many were deleted; fewer than `limit` when no more are left
   */
  deleteExpired(now: number, limit: number): Promise<number>;

  /** Pending late copies, at most the `limit` newest; those of earlier processes need not be known to every backend. */
  lateCopies(limit: number): Promise<readonly LateCopy[]>;

  /**
   * New timestamps must lie above this, as unix microseconds: the highest position that any copy ever had, also when it
   * was deleted, or that a message under an idempotency key may come to have; 0 when there is none. A backend that cannot
   * tell answers 0.
   */
  lastPosition(): Promise<number>;
}
