import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { MessageStore } from '../store/message-store';

/** Where none was found, it is looked again after this, in milliseconds. */
const LOOK_AFTER_MS = 1000;
/** So many more are deleted than there must be room for, so that the next writes need not look for any. */
const SPARE = 500;

export interface ExpiredCopiesDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Those of one full backlog whose time is over, though the store still counts them: they go before any that is live. */
export class ExpiredCopies {
  #lookedAt: number | null = null;

  constructor(
    private readonly deps: ExpiredCopiesDeps,
    private readonly subscriber: string,
  ) {}

  /** Whether there may be some. */
  get mustLook(): boolean {
    return this.#lookedAt === null || this.deps.clock.monotonicMs() - this.#lookedAt >= LOOK_AFTER_MS;
  }

  /**
   * Deletes the oldest of them: so many, and some hundred more, if there are. Never rejects.
   *
   * @returns how many were deleted; null when some may have been, and nobody knows how many
   */
  async purge(wanted: number): Promise<number | null> {
    const { store, clock, log } = this.deps;
    const limit = wanted + SPARE;
    this.#lookedAt = clock.monotonicMs();
    try {
      const purged = await store.purgeExpired(this.subscriber, clock.now(), limit);
      if (purged >= limit) this.#lookedAt = null;
      return purged;
    } catch (error) {
      log.warn({ subscriber: this.subscriber, err: error }, 'backlog.expiry_failed');
      return null;
    }
  }
}
