const TICK_MS = 20;
/** A timer that is later than this was held up by the machine: nothing in these tests keeps the thread that long. */
const NOTICED_MS = 100;

/**
 * Notes when this whole process did not run, as on a machine that is paused or has too much else to do. What a test
 * measures in real time meanwhile says nothing about the server.
 */
export class Standstills {
  readonly #timer: NodeJS.Timeout;
  readonly #lateMs: number[] = [];

  private constructor() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      const lateMs = now - last - TICK_MS;
      if (lateMs > NOTICED_MS) this.#lateMs.push(lateMs);
      last = now;
    }, TICK_MS);
  }

  static watch(): Standstills {
    return new Standstills();
  }

  /** Ends the watch; answers for how many milliseconds the process stood still, and for how many at a stretch. */
  end(): { totalMs: number; longestMs: number } {
    clearInterval(this.#timer);
    return {
      totalMs: this.#lateMs.reduce((sum, ms) => sum + ms, 0),
      longestMs: Math.max(0, ...this.#lateMs),
    };
  }
}
