import type { Clock, Timer } from '../clock';
import type { Logger } from '../logger';
import type { MessageStore } from '../store/message-store';
import type { QueueMode } from './queue-mode';
import type { ReceivedMarker } from './received-marker';

/** When it looks first, and again while the store fails. */
const RETRY_MS = 1000;
/** When it looks once more: the store may carry out late what it was asked for. */
const LAST_LOOK_MS = 10_000;

export interface SecondLookDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The queue that owns it, as it sees that. */
export interface SecondLookHost {
  readonly url: string;
  readonly mode: QueueMode;
  readonly marker: ReceivedMarker;
  /** There may be something in the backlog to push. */
  changed(): void;
}

/**
 * Looks into a subscriber's backlog after a copy could not be stored as far as is known: only the answer may have been
 * lost. It looks once the store works, and a while later once more; without such a failure it has no timer.
 */
export class SecondLook {
  #timer: Timer | null = null;
  #isUnderway = false;
  #isLast = false;
  #failures = 0;
  #isStopped = false;

  constructor(
    private readonly deps: SecondLookDeps,
    private readonly host: SecondLookHost,
  ) {}

  /** Whether no look is due or under way. */
  get isIdle(): boolean {
    return this.#timer === null && !this.#isUnderway;
  }

  /** A copy could not be stored, as far as is known. */
  schedule(): void {
    this.#failures += 1;
    // One that is due soon will do, however many fail until then.
    const isDueSoon = this.#timer !== null && !this.#isLast;
    if (!isDueSoon) this.#sleep(RETRY_MS, false);
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sleep(ms: number, isLast: boolean): void {
    if (this.#isStopped || this.#isUnderway) return;
    this.#isLast = isLast;
    this.#timer?.cancel();
    this.#timer = this.deps.clock.setTimer(() => void this.#lookNow(), ms);
  }

  async #lookNow(): Promise<void> {
    this.#timer = null;
    this.#isUnderway = true;
    const failures = this.#failures;
    const hasLooked = await this.#tryToLook();
    this.#isUnderway = false;
    if (this.#failures > failures) this.#sleep(RETRY_MS, false);
    else if (!hasLooked) this.#sleep(RETRY_MS, this.#isLast);
    else if (!this.#isLast) this.#sleep(LAST_LOOK_MS, true);
  }

  async #tryToLook(): Promise<boolean> {
    const { host, deps } = this;
    try {
      // What was pushed meanwhile is not to be found.
      await host.marker.flushed();
      if (host.mode.isBehind || (await this.#isAnythingThere())) host.changed();
      return true;
    } catch (error) {
      deps.log.warn({ subscriber: host.url, err: error }, 'backlog.read_failed');
      return false;
    }
  }

  async #isAnythingThere(): Promise<boolean> {
    const { asideUpTo } = this.host.mode;
    const after = asideUpTo === null ? {} : { after: asideUpTo };
    const now = this.deps.clock.now();
    const page = await this.deps.store.pending(this.host.url, { ...after, limit: 1, maxBytes: 1, now });
    return page.messages.length > 0;
  }
}
