import { HeraldRequestError } from './herald-request-error';

/** How an iterator goes on when the server cannot be reached or cannot serve. */
export interface RetryOptions {
  /** False: a failure ends the iteration. */
  readonly retry?: boolean | undefined;
  /** Milliseconds before the first retry; then it doubles, up to 30 seconds. A `Retry-After` that is longer wins, up to 5 minutes. */
  readonly firstRetryMs?: number | undefined;
  /** Told of each failure that is retried, and in how many milliseconds. */
  readonly onRetry?: ((error: HeraldRequestError, delayMs: number) => void) | undefined;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/** How long a `Retry-After` is heeded, at most: a timer that is set for weeks would end at once. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** The pauses between attempts, which begin anew after a success. */
export class Retries {
  #failures = 0;

  constructor(
    private readonly options: RetryOptions,
    private readonly signal: AbortSignal | undefined,
  ) {}

  succeeded(): void {
    this.#failures = 0;
  }

  /** Runs `task` until it succeeds. @throws what `after` throws */
  async run<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await task();
        this.succeeded();
        return result;
      } catch (error) {
        await this.after(error);
      }
    }
  }

  /**
   * Resolves once it is time to try again.
   *
   * @throws the error itself, when trying again is of no use or not wanted; the signal's reason when it aborts
   */
  async after(error: unknown): Promise<void> {
    const { retry = true, firstRetryMs = FIRST_RETRY_MS, onRetry } = this.options;
    if (!retry || !(error instanceof HeraldRequestError) || !error.isTransient) throw error;
    const backoff = Math.min(firstRetryMs * 2 ** this.#failures, MAX_RETRY_MS);
    const delayMs = Math.max(backoff, Math.min((error.retryAfterSeconds ?? 0) * 1000, MAX_RETRY_AFTER_MS));
    this.#failures += 1;
    onRetry?.(error, delayMs);
    await pause(delayMs, this.signal);
  }
}

/**
 * Resolves after a time.
 *
 * @throws the signal's reason when it aborts
 */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}
