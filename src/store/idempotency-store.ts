/** A publish that carried an idempotency key. */
export interface IdempotencyRecord {
  /** Topic and key of the publish, as one text of at most 600 characters. */
  readonly key: string;
  /** Tells whether a body is the same: a digest of it. */
  readonly fingerprint: string;
  readonly messageId: string;
  /** The message's timestamp. */
  readonly timestamp: string;
  /** What was answered, as JSON text; null while that is not known. */
  readonly answer: string | null;
  /** Unix milliseconds from which the key may be used anew. */
  readonly expiresAt: number;
}

/**
 * Remembers which publishes were made under which key. Whatever resolved is durable.
 * Every method rejects with StoreUnavailableError when the backend cannot do it, and is then safe to repeat.
 */
export interface IdempotencyStore {
  /**
   * Stores `record` unless its key has one that has not expired at `now` (unix milliseconds). Of several claims of one
   * key at the same time, from whatever process, exactly one gets its own record back.
   *
   * @returns the record that stands there now: `record` itself, or the one that was there before
   */
  claim(record: IdempotencyRecord, now: number): Promise<IdempotencyRecord>;

  /**
   * Stores what was answered to the publish that claimed the key for that message; nothing when another one has it.
   * Rejects with RangeError when the answer is too long for the backend, whatever the store's state: the record stays
   * as it is, without an answer. DynamoDB holds some 390 KiB of it, compressed; the embedded store what fits into memory.
   */
  saveAnswer(key: string, messageId: string, answer: string): Promise<void>;

  /**
   * Deletes records that expired at or before `now`, at most `limit`. A backend that expires rows by itself does nothing.
   *
   * @returns how many were deleted; fewer than `limit` when no more are left
   */
  deleteExpired(now: number, limit: number): Promise<number>;
}
