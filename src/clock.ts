/** A pending call of `setTimer`; cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as the program sees it. Injected, so that hours of retries can be tested in milliseconds. */
export interface Clock {
  /**
   * Unix time in milliseconds: for what is stored, shown, or compared with what others say. It steps when somebody sets
   * the machine's clock, so no pause, deadline or age within this process goes by it.
   */
  now(): number;
  /**
   * Whole milliseconds since some instant before the process's first reading: for pauses, deadlines, rates and ages within
   * this process. Never steps back, nor ahead; means nothing to another process.
   */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`, however the time is set meanwhile. A pending timer does not keep the process alive. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** `setTimeout` fires at once when given more than this. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
  setTimer(callback, delayMs) {
    const timeout = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS)).unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** Resolves when `task`, which must not reject, has resolved, or after `ms` milliseconds. */
export function settledWithin(clock: Clock, ms: number, task: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(resolve, ms);
    void task.then(() => {
      timer.cancel();
      resolve();
    });
  });
}
