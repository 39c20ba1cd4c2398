import { Mutex } from 'async-mutex';
import type { Clock } from '../clock';
import { PurgeInterruptedError, StoreUnavailableError } from '../errors';
import type { Logger } from '../logger';
import type { BacklogSettings } from '../model';
import type { MessageStore } from '../store/message-store';
import { CountPatience } from './count-patience';
import { ExpiredCopies } from './expired-copies';
import type { MessageCopies } from './message-copies';
import { Removals } from './removals';

/** A full backlog is counted anew in the store after this: a store may delete what has expired by itself. */
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
  /** Copies that are stored and pending, those being written left out; null while not known. */
  #stored: number | null = null;
  #countedAt = 0;
  /** Copies may have left without being counted, or be counted twice. */
  #isDoubtful = false;
  /** No copy begins to be written while this runs, which is for a second at most. */
  #counting: Promise<void> | null = null;
  /** Copies that left while it ran. */
  #leftMeanwhile = 0;
  #underway = 0;
  #patience: CountPatience | null = null;
  #onAllWritten: (() => void) | null = null;
  // Of a count and several drops at once none would know which copies the others have seen. Made when needed: most
  // subscribers have no backlog.
  #turns: Mutex | null = null;
  #removals: Removals | null = null;
  #expired: ExpiredCopies | null = null;
  #makingRoom: Promise<void> | null = null;
  /** The drop that has not begun yet: it sees to all copies that are stored by then. */
  #nextDrop: Promise<number> | null = null;

  constructor(
    private readonly deps: BacklogWriterDeps,
    private readonly subscriber: string,
  ) {}

  /** Whether nothing is being written, and nothing was that it has to remember. */
  get isIdle(): boolean {
    return this.#underway === 0 && !this.#turns?.isLocked() && (this.#removals?.isIdle ?? true);
  }

  /**
   * Makes a change that takes copies out of the backlog, and resolves with how many; not while some are dropped, which
   * were too many only as long as none leaves otherwise. Settles as the change does; when that fails, it may have been made
   * in part.
   */
  removing(change: () => Promise<number>): Promise<number> {
    return this.#removalsAndDrops.remove(async () => {
      try {
        const count = await change();
        this.#removed(count);
        return count;
      } catch (error) {
        this.#removed(null);
        throw error;
      }
    });
  }

  get #removalsAndDrops(): Removals {
    this.#removals ??= new Removals();
    return this.#removals;
  }

  /** Copies were deleted because they had expired, perhaps some of this backlog. */
  expired(): void {
    if (this.#stored !== null) this.#removed(null);
  }

  /** @param count null when some may have left, and nobody knows how many: they are counted before any is dropped */
  #removed(count: number | null): void {
    if (count === null) this.#isDoubtful = true;
    else {
      this.#leftMeanwhile += count;
      if (this.#stored !== null) this.#stored = Math.max(0, this.#stored - count);
    }
  }

  /**
   * Resolves when the copy is durable, or it is clear that it is not. Never rejects.
   *
   * @param isLate whether the message may have been published before: only such a one can be there already, and it is
   *   then neither one more nor one too many
   */
  async write(copies: MessageCopies, limits: BacklogSettings, isLate = false): Promise<Written> {
    const { maxMessages, overflow } = limits;
    if (this.#mustCount(maxMessages)) void this.#countAnew();
    const isRefused = () => overflow === 'drop_newest' && (this.#count ?? 0) >= maxMessages;
    while (this.#counting || (isRefused() && this.#expiredCopies.mustLook)) {
      await (this.#counting ?? this.#makeRoom(maxMessages));
    }
    if (isRefused()) {
      return isLate ? this.#refuseUnlessThere(copies, limits) : this.#refuse();
    }
    const error = await this.#put(copies, limits, isLate);
    if (error) return { stored: false, dropped: 0, error };
    return { stored: true, dropped: await this.#keepWithin(maxMessages), error: null };
  }

  /** Pending copies, those being written included; null while not known. */
  get #count(): number | null {
    return this.#stored === null ? null : this.#stored + this.#underway;
  }

  #refuse(): Written {
    this.#dropped(1);
    return { stored: false, dropped: 1, error: null };
  }

  async #refuseUnlessThere(copies: MessageCopies, limits: BacklogSettings): Promise<Written> {
    try {
      const found = await this.deps.store.locate(this.subscriber, [copies.messageId]);
      if (!found.has(copies.messageId)) return this.#refuse();
      // It is not known to be a late one, perhaps.
      const error = await this.#put(copies, limits, true);
      return { stored: error === null, dropped: 0, error };
    } catch (cause) {
      // It may be there or not: its publisher has to hear that, and repeats it.
      const error = cause instanceof Error ? cause : new StoreUnavailableError(String(cause));
      return { stored: false, dropped: 0, error };
    }
  }

  async #put(copies: MessageCopies, limits: BacklogSettings, isLate: boolean): Promise<Error | null> {
    const expiresAt = this.deps.clock.now() + limits.maxAgeSeconds * 1000;
    // It may be there, pending or received, and is counted once more. Others that are written meanwhile have to know that.
    if (isLate) this.#removed(null);
    this.#underway += 1;
    const error = await copies.add({ subscriber: this.subscriber, expiresAt, ...(isLate && { isLate }) });
    this.#underway -= 1;
    if (error === null && this.#stored !== null) this.#stored += 1;
    if (this.#underway === 0) this.#onAllWritten?.();
    return error;
  }

  /** Returns how many were dropped on behalf of this copy: of several that share a drop, one tells of it. */
  async #keepWithin(maxMessages: number): Promise<number> {
    if (this.#isDoubtful && this.#excess(maxMessages) > 0) await this.#countAnew();
    if (this.#excess(maxMessages) === 0) return 0;
    if (this.#nextDrop) {
      await this.#nextDrop;
      return 0;
    }
    this.#nextDrop = this.#turn(() => {
      this.#nextDrop = null;
      return this.#removalsAndDrops.drop(() => this.#dropOldest(maxMessages));
    });
    return this.#nextDrop;
  }

  #turn<T>(task: () => Promise<T>): Promise<T> {
    this.#turns ??= new Mutex();
    return this.#turns.runExclusive(task);
  }

  #excess(maxMessages: number): number {
    return Math.max(0, (this.#stored ?? 0) - maxMessages);
  }

  get #expiredCopies(): ExpiredCopies {
    this.#expired ??= new ExpiredCopies(this.deps, this.subscriber);
    return this.#expired;
  }

  /** Never rejects; there may be no room then, and that is known. */
  #makeRoom(maxMessages: number): Promise<void> {
    const purge = () => this.#purgeExpired(maxMessages);
    this.#makingRoom ??= this.#turn(() => this.#removalsAndDrops.drop(purge)).finally(
      () => (this.#makingRoom = null),
    );
    return this.#makingRoom;
  }

  async #purgeExpired(maxMessages: number): Promise<void> {
    this.#removed(await this.#expiredCopies.purge(this.#excess(maxMessages)));
  }

  async #dropOldest(maxMessages: number): Promise<number> {
    if (this.#excess(maxMessages) > 0 && this.#expiredCopies.mustLook) await this.#purgeExpired(maxMessages);
    const excess = this.#excess(maxMessages);
    if (excess === 0 || this.#isDoubtful) return 0;
    try {
      const dropped = await this.deps.store.purge(this.subscriber, { limit: excess, keep: maxMessages });
      this.#removed(dropped);
      // There was less than was known of.
      if (dropped < excess) this.#removed(null);
      if (dropped > 0) this.#dropped(dropped);
      return dropped;
    } catch (error) {
      // The next message makes up for what is left to drop.
      this.#removed(null);
      this.deps.log.warn({ subscriber: this.subscriber, err: error }, 'backlog.drop_failed');
      const dropped = error instanceof PurgeInterruptedError ? error.purged : 0;
      if (dropped > 0) this.#dropped(dropped);
      return dropped;
    }
  }

  #dropped(count: number): void {
    this.deps.log.warn({ subscriber: this.subscriber, messages: count }, 'backlog.dropped');
    this.deps.onDropped(this.subscriber, count);
  }

  #mustCount(maxMessages: number): boolean {
    const count = this.#count;
    const isOld = this.#isDoubtful || this.deps.clock.monotonicMs() - this.#countedAt >= RECOUNT_AFTER_MS;
    return count === null || (count >= maxMessages && isOld);
  }

  /** Never rejects; the count stays unknown when it cannot be told. */
  #countAnew(): Promise<void> {
    this.#patience ??= new CountPatience(this.deps.clock);
    if (this.#patience.isOver) return Promise.resolve();
    this.#counting ??= this.#patience.waitFor(this.#turn(() => this.#recount())).finally(() => {
      this.#counting = null;
      // From now on others are written without a pause.
      this.#onAllWritten?.();
    });
    return this.#counting;
  }

  async #recount(): Promise<void> {
    // Whether the store's count has those that are being written cannot be told.
    if (this.#underway > 0) await new Promise<void>((resolve) => (this.#onAllWritten = resolve));
    this.#onAllWritten = null;
    this.#leftMeanwhile = 0;
    this.#isDoubtful = false;
    try {
      const count = await this.deps.store.countPending(this.subscriber);
      // Those are counted when they are there, and perhaps they were just now.
      this.#leftMeanwhile += this.#underway;
      // It may have them no more. One too few is counted again later, one too many would cost a message.
      this.#stored = Math.max(0, count - this.#leftMeanwhile);
      this.#countedAt = this.deps.clock.monotonicMs();
    } catch (error) {
      // Counting is for the limit alone. What cannot be counted may well be storable; if not, storing says why.
      this.#stored = null;
      this.#patience?.failed();
      this.deps.log.warn({ subscriber: this.subscriber, err: error }, 'backlog.count_failed');
    }
  }
}
