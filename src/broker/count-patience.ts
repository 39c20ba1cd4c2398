import { type Clock, settledWithin } from '../clock';

/** A publish waits at most this long for a count: that is for the limit alone. */
const PATIENCE_MS = 1000;
/** A count that failed is not tried again within this time. */
const REST_MS = 5000;

/** Bounds how long writes to a backlog wait for it to be counted, and how often, while the store fails. */
export class CountPatience {
  #isOvertaken = false;
  /** By the monotonic clock. */
  #restsUntil = 0;

  constructor(private readonly clock: Clock) {}

  /** Whether no count is to be begun or waited for. */
  get isOver(): boolean {
    return this.#isOvertaken || this.clock.monotonicMs() < this.#restsUntil;
  }

  /** Resolves when the count, which must not reject, has ended, or is not waited for any longer. */
  async waitFor(count: Promise<void>): Promise<void> {
    let hasEnded = false;
    const ended = count.then(() => {
      hasEnded = true;
      this.#isOvertaken = false;
    });
    await settledWithin(this.clock, PATIENCE_MS, ended);
    this.#isOvertaken = !hasEnded;
  }

  /** The count failed. */
  failed(): void {
    this.#restsUntil = this.clock.monotonicMs() + REST_MS;
  }
}
