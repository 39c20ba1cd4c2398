import type { Clock } from '../clock';

/** Lateness of up to this is caught up, so that timers that fire late, as on a busy machine, do not lower the rate. */
const CATCH_UP_MS = 400;

/**
 * Spaces pushes evenly: a token bucket in its form as a virtual schedule (GCRA, ITU-T I.371). A rate of null lets
 * everything pass.
 */
export class Pacer {
  #perSecond: number | null;
  /** When the next push is due; by the monotonic clock. */
  #dueAt = -Infinity;

  constructor(
    private readonly clock: Clock,
    perSecond: number | null,
  ) {
    this.#perSecond = perSecond;
  }

  get perSecond(): number | null {
    return this.#perSecond;
  }

  set perSecond(perSecond: number | null) {
    this.#perSecond = perSecond;
    this.#dueAt = Math.min(this.#dueAt, this.clock.monotonicMs() + this.#intervalMs);
  }

  /** Milliseconds until a push may be made; 0 when it may be made now. */
  get waitMs(): number {
    if (this.#perSecond === null) return 0;
    return Math.max(0, this.#dueAt - this.clock.monotonicMs());
  }

  /** Counts a push that is made now. */
  take(): void {
    if (this.#perSecond === null) return;
    const now = this.clock.monotonicMs();
    // Later than that there was nothing to push, and a pause is no reason to hurry.
    this.#dueAt = (this.#dueAt < now - CATCH_UP_MS ? now : this.#dueAt) + this.#intervalMs;
  }

  /** Takes a push when one may be made now. */
  tryTake(): boolean {
    if (this.waitMs > 0) return false;
    this.take();
    return true;
  }

  get #intervalMs(): number {
    return this.#perSecond === null ? 0 : 1000 / this.#perSecond;
  }
}
