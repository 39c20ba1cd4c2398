import { Semaphore } from 'async-mutex';
import type { Clock } from '../../clock';
import {
  AttemptTimeoutError,
  ConditionAfterLostAnswerError,
  describeFault,
  isAnswerLost,
  isConditionFailure,
  isTransient,
  storeUnavailable,
} from './faults';

/** How long and how often a request is tried. */
export interface RequestPolicy {
  /**
   * A request is given up this long after its first attempt began, with its retries and pauses. One that waits for its
   * turn is given up when no request at all was answered for this long.
   */
  readonly deadlineMs: number;
  /** One attempt is given up after this, so that a lost packet leaves time for another attempt. */
  readonly attemptTimeoutMs: number;
  /** The pause before retry n is random between 0 and the smaller of `baseDelayMs` * 2^n and `maxDelayMs`. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

export const REQUEST_POLICY: RequestPolicy = {
  deadlineMs: 3000,
  attemptTimeoutMs: 1500,
  baseDelayMs: 25,
  maxDelayMs: 500,
};

/** Attempts under way at once, over all operations. The client keeps as many sockets, so that none waits for one. */
export const MAX_CONCURRENT_REQUESTS = 128;

export interface RequestsDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly policy?: RequestPolicy;
}

/** An instant to give up at, which is set when the first attempt begins. */
export class Deadline {
  #at: number | undefined;

  constructor(private readonly durationMs: number) {}

  /** By the monotonic clock, as `now` is. */
  startingAt(now: number): number {
    return (this.#at ??= now + this.durationMs);
  }
}

/** Runs requests to DynamoDB: bounds how many run at once, retries what passes by itself, and gives up at a deadline. */
export class Requests {
  readonly policy: RequestPolicy;
  readonly #slots = new Semaphore(MAX_CONCURRENT_REQUESTS);
  readonly #running = new Set<Promise<unknown>>();
  #answeredAt = -Infinity;

  constructor(private readonly deps: RequestsDeps) {
    this.policy = deps.policy ?? REQUEST_POLICY;
  }

  /** The deadline of what begins now; pass it on to bound several requests together. */
  newDeadline(): Deadline {
    return new Deadline(this.policy.deadlineMs);
  }

  /**
   * Runs `attempt` until it succeeds. It is repeated after throttling, server errors and network faults, so it must be
   * safe to repeat, also when an earlier attempt took effect and only its answer was lost.
   *
   * @param action what is asked, for the message: "DynamoDB could not <action>"
   * @returns rejects with StoreUnavailableError, except that a failed condition comes as DynamoDB's own error, and as
   *   ConditionAfterLostAnswerError where an earlier attempt may have taken effect
   */
  run<T>(
    action: string,
    attempt: (signal: AbortSignal) => Promise<T>,
    deadline = this.newDeadline(),
  ): Promise<T> {
    const running = this.#retry(action, attempt, deadline);
    this.#running.add(running);
    const forget = () => void this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Resolves when no request is running and no operation is about to send its next one. */
  async idle(): Promise<void> {
    do {
      await Promise.allSettled(this.#running);
      // An operation sends its next request right after the last answer; an immediate comes after that.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#running.size > 0);
  }

  async #retry<T>(
    action: string,
    attempt: (signal: AbortSignal) => Promise<T>,
    deadline: Deadline,
  ): Promise<T> {
    const { clock, random } = this.deps;
    const { baseDelayMs, maxDelayMs } = this.policy;
    const askedAt = clock.monotonicMs();
    let isDoneMaybe = false;
    let fault: unknown;
    for (let retry = 1; ; retry++) {
      try {
        return await this.#slots.runExclusive(() => this.#attemptOnce(attempt, askedAt, deadline));
      } catch (error) {
        if (isConditionFailure(error)) {
          throw isDoneMaybe
            ? new ConditionAfterLostAnswerError(describeFault(error), { cause: error })
            : error;
        }
        isDoneMaybe ||= isAnswerLost(error);
        // What went wrong before says more than that the last attempt had no time left.
        if (fault === undefined || !isCutShort(error)) fault = error;
        const delayMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** retry);
        const isLate = clock.monotonicMs() + delayMs >= deadline.startingAt(askedAt);
        if (isLate || !isTransient(error)) throw storeUnavailable(action, fault);
        await this.#pause(delayMs);
      }
    }
  }

  async #attemptOnce<T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    askedAt: number,
    deadline: Deadline,
  ): Promise<T> {
    const { clock } = this.deps;
    const { deadlineMs, attemptTimeoutMs } = this.policy;
    const now = clock.monotonicMs();
    if (now - Math.max(askedAt, this.#answeredAt) >= deadlineMs) {
      deadline.startingAt(askedAt);
      throw new AttemptTimeoutError(`no request was answered for ${deadlineMs} ms`);
    }
    const timeoutMs = Math.min(attemptTimeoutMs, deadline.startingAt(now) - now);
    if (timeoutMs <= 0) throw new AttemptTimeoutError('the requests before it took too long', true);
    try {
      const answer = await withTimeout(clock, timeoutMs, attempt);
      this.#answeredAt = clock.monotonicMs();
      return answer;
    } catch (error) {
      if (isConditionFailure(error)) this.#answeredAt = clock.monotonicMs();
      if (!(error instanceof AttemptTimeoutError)) throw error;
      throw new AttemptTimeoutError(error.message, timeoutMs < attemptTimeoutMs);
    }
  }

  async #pause(delayMs: number): Promise<void> {
    // The clock's timers do not keep the process alive, but an operation that was asked for must not vanish with it.
    const alive = setInterval(() => undefined, 60_000);
    await new Promise<void>((resolve) => this.deps.clock.setTimer(resolve, delayMs));
    clearInterval(alive);
  }
}

function isCutShort(error: unknown): boolean {
  return error instanceof AttemptTimeoutError && error.isCutShort;
}

/** @returns rejects with AttemptTimeoutError after `timeoutMs`, when the attempt's signal aborts, too */
export function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      reject(new AttemptTimeoutError(`no answer within ${Math.round(timeoutMs)} ms`));
      controller.abort();
    }, timeoutMs);
    attempt(controller.signal)
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}
