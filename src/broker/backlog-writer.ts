import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { BacklogSettings } from '../model';
import type { MessageStore } from '../store/message-store';
import type { MessageCopies } from './message-copies';

/** A full backlog is counted anew in the store after this, since messages leave it by expiring, too. */
const RECOUNT_AFTER_MS = 5000;

export interface BacklogWriterDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told about messages that the subscriber's policy dropped. */
  readonly onDropped: (subscriber: string, count: number) => void;
}

/** What became of a copy. `dropped` counts the messages that the subscriber's own policy gave up for it, or it itself. */
export interface Written {
  readonly stored: boolean;
  readonly dropped: number;
  /** Why it could not be stored. */
  readonly error: Error | null;
}

/** Puts messages into one subscriber's backlog and keeps it within its limit. */
export class BacklogWriter {
  /** Pending copies, those about to be written included; null while not known. */
  #count: number | null = null;
  #countedAt = 0;
  #counting: Promise<void> | null = null;
  /** Copies being written: whether a count in the store has them already cannot be told. */
  #underway = 0;

  constructor(
    private readonly deps: BacklogWriterDeps,
    private readonly subscriber: string,
  ) {}

  /** Whether nothing is being written, and nothing was that it has to remember. */
  get isIdle(): boolean {
    return this.#underway === 0;
  }

  /** Copies have left the backlog. */
  removed(count: number): void {
    if (this.#count !== null) this.#count = Math.max(0, this.#count - count);
  }

  /** Resolves when the copy is durable, or it is clear that it is not. Never rejects. */
  async write(copies: MessageCopies, limits: BacklogSettings): Promise<Written> {
    try {
      await this.#knowCount(limits.maxMessages);
    } catch (error) {
      // Counting is for the limit alone. What cannot be counted may well be storable; if not, storing says why.
      this.deps.log.warn({ subscriber: this.subscriber, err: error }, 'backlog.count_failed');
    }
    if (this.#count === null) return this.#put(copies, limits);
    if (this.#count >= limits.maxMessages && limits.overflow === 'drop_newest') {
      this.#dropped(1);
      return { stored: false, dropped: 1, error: null };
    }
    this.#count += 1;
    const written = await this.#put(copies, limits);
    if (!written.stored) {
      this.removed(1);
      return written;
    }
    return { ...written, dropped: await this.#dropOldest(limits.maxMessages) };
  }

  async #put(copies: MessageCopies, limits: BacklogSettings): Promise<Written> {
    const expiresAt = this.deps.clock.now() + limits.maxAgeSeconds * 1000;
    this.#underway += 1;
    const error = await copies.add({ subscriber: this.subscriber, expiresAt });
    this.#underway -= 1;
    return { stored: error === null, dropped: 0, error };
  }

  async #dropOldest(maxMessages: number): Promise<number> {
    const excess = (this.#count ?? 0) - maxMessages;
    if (excess <= 0) return 0;
    // Taken off before it is done, so that of several at the same time each drops its own share.
    this.removed(excess);
    try {
      const dropped = await this.deps.store.purge(this.subscriber, { limit: excess });
      if (dropped < excess) this.#missed(excess - dropped);
      if (dropped > 0) this.#dropped(dropped);
      return dropped;
    } catch (error) {
      // Nothing is lost by it: the next message makes up for it.
      if (this.#count !== null) this.#count += excess;
      this.deps.log.warn({ subscriber: this.subscriber, err: error }, 'backlog.drop_failed');
      return 0;
    }
  }

  /** Fewer messages were there to drop: the others are still being written and drop them then, or the count was wrong. */
  #missed(count: number): void {
    if (this.#underway === 0) this.#count = null;
    else if (this.#count !== null) this.#count += count;
  }

  #dropped(count: number): void {
    this.deps.log.warn({ subscriber: this.subscriber, messages: count }, 'backlog.dropped');
    this.deps.onDropped(this.subscriber, count);
  }

  async #knowCount(maxMessages: number): Promise<void> {
    const isFull = this.#count !== null && this.#count >= maxMessages;
    const isOld = this.deps.clock.now() - this.#countedAt >= RECOUNT_AFTER_MS;
    if (this.#count !== null && !(isFull && isOld && this.#underway === 0)) return;
    this.#counting ??= this.#recount();
    await this.#counting;
  }

  async #recount(): Promise<void> {
    try {
      this.#count = await this.deps.store.countPending(this.subscriber);
      this.#countedAt = this.deps.clock.now();
    } finally {
      this.#counting = null;
    }
  }
}
