import type { Clock, Timer } from '../../src/clock';

interface PendingTimer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/**
 * A clock of whole milliseconds that stands still until it is advanced. Its monotonic time begins at 0, as if the process
 * had just begun. Never use it to time real sockets.
 */
export class ManualClock implements Clock {
  /** In the order in which they were set, which is the order of those due at the same instant. */
  readonly #timers = new Set<PendingTimer>();
  #elapsed = 0;
  /** What the unix time is ahead of the monotonic one. */
  #ahead: number;

  constructor(now = Date.parse('2026-08-04T12:00:00.000Z')) {
    this.#ahead = now;
  }

  /** How many timers wait to fire. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#elapsed + this.#ahead;
  }

  monotonicMs(): number {
    return this.#elapsed;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer: PendingTimer = { dueAt: this.#elapsed + Math.ceil(Math.max(0, delayMs)), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Sets the unix time alone, backwards too, as an operator sets the machine's clock. Nothing fires for it. */
  set(now: number): void {
    this.#ahead = now - this.#elapsed;
  }

  /** The same by so many milliseconds, which may be negative. */
  step(ms: number): void {
    this.#ahead += ms;
  }

  /** Moves the time on by `ms`, firing in order the timers that come due, those set meanwhile included. */
  advance(ms: number): void {
    const target = this.#elapsed + ms;
    while (this.#fireNext(target));
    this.#elapsed = target;
  }

  /** Like `advance`, but lets promises settle before the first timer, between timers and after the last. */
  async advanceAsync(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    do {
      await settlePromises();
    } while (this.#fireNext(target));
    this.#elapsed = target;
    await settlePromises();
  }

  #fireNext(target: number): boolean {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= target && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    if (!next) return false;
    this.#timers.delete(next);
    this.#elapsed = Math.max(this.#elapsed, next.dueAt);
    next.callback();
    return true;
  }
}

/** Resolves once no promise that could settle now is left: an immediate runs after the whole microtask queue. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
