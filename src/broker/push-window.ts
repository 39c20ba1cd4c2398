/** How much the latest answer counts in the smoothed time of an answer. */
const WEIGHT = 0.25;
/** Where answers take less, in milliseconds, nothing is gained by several pushes at once. */
const WORTHWHILE_MS = 0.75;

/**
 * How many pushes of a backlog may be under way at once. As TCP does, it begins with one and takes one more for each
 * success, which doubles it with every round. A subscriber that answers at once gains nothing by that, and gets one at a
 * time, since those arrive in their exact order.
 */
export class PushWindow {
  #size = 1;
  #answerMs = 0;

  get size(): number {
    return this.#size;
  }

  /** Begins with one again. */
  reset(): void {
    this.#size = 1;
  }

  /** A push succeeded, and took that long. */
  received(durationMs: number, maxSize: number): void {
    this.#answerMs += (durationMs - this.#answerMs) * WEIGHT;
    const change = this.#answerMs >= WORTHWHILE_MS ? 1 : -1;
    this.#size = Math.min(Math.max(1, this.#size + change), maxSize);
  }
}
