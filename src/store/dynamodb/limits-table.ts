import type { Clock } from '../../clock';
import { isConditionFailure } from './faults';
import { withTimeout } from './requests';

/** A request to the table is given up after this: a caller waits for it, and can be counted without it. */
const LIMITS_DEADLINE_MS = 300;
/** How often a table that fails is asked again. */
const RETRY_MS = 1000;

/** The table that callers are counted in failed lately, and was not asked. */
export class LimitsUnavailableError extends Error {
  override readonly name = 'LimitsUnavailableError';
}

/** Told with the fault when the table begins to fail, and with null when it answers again. */
export type LimitsListener = (fault: unknown) => void;

/**
 * Asks the table that callers are counted in, but never lets one wait for long. Once it failed, nobody waits: one
 * request a second is sent to see whether it answers again, and its caller is counted without it, too.
 */
export class LimitsTable {
  #isFailing = false;
  /** By the monotonic clock. */
  #askAgainAt = 0;
  #listener: LimitsListener | null = null;

  constructor(private readonly clock: Clock) {}

  /** There is one listener at a time. */
  listen(listener: LimitsListener): void {
    this.#listener = listener;
  }

  /**
   * Asks the table. A condition that does not hold is an answer, though it comes as DynamoDB's error.
   *
   * @param request has to end when the signal aborts
   * @returns rejects when there is no answer within 300 ms, and with LimitsUnavailableError while the table fails
   */
  async ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isFailing) {
      if (this.clock.monotonicMs() >= this.#askAgainAt) void this.#probe(request);
      throw new LimitsUnavailableError('The table that callers are counted in does not answer');
    }
    try {
      return await withTimeout(this.clock, LIMITS_DEADLINE_MS, request);
    } catch (error) {
      if (!isConditionFailure(error)) this.#failed(error);
      throw error;
    }
  }

  /** Never rejects. */
  async #probe(request: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    this.#askAgainAt = this.clock.monotonicMs() + RETRY_MS;
    try {
      await withTimeout(this.clock, LIMITS_DEADLINE_MS, request);
    } catch (error) {
      // That it fails is known, and was told.
      if (!isConditionFailure(error)) return;
    }
    this.#isFailing = false;
    this.#listener?.(null);
  }

  #failed(fault: unknown): void {
    // Of many requests under way at once, the first says it for all.
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#askAgainAt = this.clock.monotonicMs() + RETRY_MS;
    this.#listener?.(fault);
  }
}
