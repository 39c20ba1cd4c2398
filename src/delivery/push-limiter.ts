import type { Clock } from '../clock';

export interface PushLimiterOptions {
  readonly clock: Clock;
  /** Pushes under way at once. */
  readonly limit?: number;
  /** Of these, those to subscribers that are not proven. */
  readonly unprovenLimit?: number;
}

interface Waiter {
  readonly number: number;
  readonly isProven: boolean;
  readonly settle: (hasEntered: boolean) => void;
}

/**
 * Bounds how many pushes are under way at once, over all subscribers; whoever comes later waits, first come first served. A
 * subscriber whose latest push succeeded is proven. All others have half of the places at most, so that however many of
 * them hang, they hold up none that works.
 */
export class PushLimiter {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #unprovenLimit: number;
  /** In the order in which they came. */
  readonly #provenWaiting = new Set<Waiter>();
  readonly #unprovenWaiting = new Set<Waiter>();
  #active = 0;
  #unprovenActive = 0;
  #count = 0;

  constructor({ clock, limit = 1024, unprovenLimit = Math.ceil(limit / 2) }: PushLimiterOptions) {
    this.#clock = clock;
    this.#limit = limit;
    this.#unprovenLimit = unprovenLimit;
  }

  /** Pushes under way. */
  get active(): number {
    return this.#active;
  }

  /** Pushes that wait. */
  get waiting(): number {
    return this.#provenWaiting.size + this.#unprovenWaiting.size;
  }

  /** Takes a place if there is one, which must be given back by `leave`. */
  tryEnter(isProven: boolean): boolean {
    if (!this.#hasPlaceFor(isProven)) return false;
    this.#active++;
    if (!isProven) this.#unprovenActive++;
    return true;
  }

  /**
   * Waits for a place. Resolves true once there is one, which must be given back by `leave`; resolves false when there was
   * none within `maxWaitMs`, and then nothing was taken.
   */
  enter(isProven: boolean, maxWaitMs: number): Promise<boolean> {
    if (this.tryEnter(isProven)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiting = isProven ? this.#provenWaiting : this.#unprovenWaiting;
      const settle = (hasEntered: boolean) => {
        waiting.delete(waiter);
        timer.cancel();
        resolve(hasEntered);
      };
      const waiter: Waiter = { number: this.#count++, isProven, settle };
      const timer = this.#clock.setTimer(() => settle(false), maxWaitMs);
      waiting.add(waiter);
    });
  }

  /**
   * Gives a place back; it goes to the one who waited longest of those who may have it. To be called once for each place that
   * was taken, with what it was taken for.
   */
  leave(wasProven: boolean): void {
    this.#active--;
    if (!wasProven) this.#unprovenActive--;
    const next = this.#next();
    if (next && this.tryEnter(next.isProven)) next.settle(true);
  }

  #hasPlaceFor(isProven: boolean): boolean {
    return this.#active < this.#limit && (isProven || this.#unprovenActive < this.#unprovenLimit);
  }

  #next(): Waiter | undefined {
    const [proven] = this.#provenWaiting;
    const [unproven] = this.#hasPlaceFor(false) ? this.#unprovenWaiting : [];
    if (!proven || !unproven) return proven ?? unproven;
    return proven.number < unproven.number ? proven : unproven;
  }
}
