import type { Clock } from '../clock';

export interface PushLimiterOptions {
  readonly clock: Clock;
  /** Pushes under way at once. */
  readonly limit?: number;
}

type Waiter = (hasEntered: boolean) => void;

/** Bounds how many pushes are under way at once, over all subscribers; whoever comes later waits, first come first served. */
export class PushLimiter {
  readonly #clock: Clock;
  readonly #limit: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  #active = 0;

  constructor({ clock, limit = 1024 }: PushLimiterOptions) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Pushes under way. */
  get active(): number {
    return this.#active;
  }

  /** Pushes that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a place if there is one, which must be given back by `leave`. */
  tryEnter(): boolean {
    if (this.#active >= this.#limit) return false;
    this.#active++;
    return true;
  }

  /**
   * Waits for a place. Resolves true once there is one, which must be given back by `leave`; resolves false when there was
   * none within `maxWaitMs`, and then nothing was taken.
   */
  enter(maxWaitMs: number): Promise<boolean> {
    if (this.tryEnter()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = (hasEntered) => {
        this.#waiting.delete(waiter);
        timer.cancel();
        resolve(hasEntered);
      };
      const timer = this.#clock.setTimer(() => waiter(false), maxWaitMs);
      this.#waiting.add(waiter);
    });
  }

  /** Gives a place back; it goes to the one who waited longest. To be called once for each `enter` that resolved true. */
  leave(): void {
    for (const waiter of this.#waiting) {
      waiter(true);
      return;
    }
    this.#active--;
  }
}
