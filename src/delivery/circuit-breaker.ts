import type { Clock } from '../clock';
import { retryAfterMs, retryDelayMs, type RetrySettings } from './retry-policy';

export interface CircuitBreakerDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings: RetrySettings;
}

/** Names the time at which an attempt began: what began before the circuit opened says nothing about a probe. */
export type Epoch = number;

/**
 * What is known of a subscriber's health. Closed: attempts are made. Open: nothing is sent but one probe at a time, after
 * pauses that double. `retryAt` says when the next attempt may be made.
 */
export class CircuitBreaker {
  #failures = 0;
  #probes = 0;
  #failingSince: number | null = null;
  /** The same instant by the monotonic clock: a step of the other must not make it fail for days, nor never for long. */
  #failingFromMs = 0;
  #retryAt = 0;
  #isHeld = false;
  #epoch: Epoch = 0;

  /**
   * @param failingSince since when no attempt succeeded, as an earlier process saw it; unix milliseconds. One that is yet
   *   to come, after the clock was set back, counts as now.
   */
  constructor(
    private readonly deps: CircuitBreakerDeps,
    failingSince: number | null = null,
  ) {
    if (failingSince === null) return;
    const now = deps.clock.now();
    this.#failingSince = Math.min(failingSince, now);
    this.#failingFromMs = deps.clock.monotonicMs() - (now - this.#failingSince);
  }

  get isOpen(): boolean {
    return this.#failures >= this.deps.settings.failureThreshold;
  }

  /** By the monotonic clock: before it no attempt is to be made; 0 when nothing holds one up. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** Unix milliseconds of the first failure since the last success, or null. */
  get failingSince(): number | null {
    return this.#failingSince;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  /** Whether it has failed for so long, and was tried so often, that it is to be given up. */
  get isHopeless(): boolean {
    const { clock, settings } = this.deps;
    if (this.#failingSince === null || this.#probes < settings.disableAfterProbes) return false;
    return clock.monotonicMs() - this.#failingFromMs >= settings.disableAfterMs;
  }

  /** The subscriber answered, be it that it refuses a message. */
  succeeded(): void {
    this.#failures = 0;
    this.#probes = 0;
    this.#failingSince = null;
    this.#retryAt = 0;
    this.#isHeld = false;
  }

  /**
   * An attempt failed. `Retry-After` postpones the next one, never hastens it.
   *
   * @param epoch what `epoch` was when the attempt began
   */
  failed(epoch: Epoch, retryAfter?: string): void {
    const { clock, random, settings } = this.deps;
    const now = clock.monotonicMs();
    const unixMs = clock.now();
    const heldMs = retryAfterMs(retryAfter, unixMs, settings.maxRetryAfterMs);
    if (this.isOpen && epoch !== this.#epoch) {
      this.#hold(now + heldMs, heldMs > 0);
      return;
    }
    if (this.isOpen) this.#probes += 1;
    this.#failures += 1;
    if (this.#failingSince === null) {
      this.#failingSince = unixMs;
      this.#failingFromMs = now;
    }
    if (this.isOpen) this.#epoch += 1;
    this.#isHeld = false;
    this.#retryAt = now + retryDelayMs(settings, this.#failures, random());
    this.#hold(now + heldMs, heldMs > 0);
  }

  /** Takes back a retry's pause, unless the subscriber asked for it or the circuit is open. */
  hasten(): void {
    if (!this.isOpen && !this.isHeld) this.#retryAt = 0;
  }

  /** Whether the subscriber itself asked for the pause. */
  get isHeld(): boolean {
    return this.#isHeld && this.#retryAt > this.deps.clock.monotonicMs();
  }

  #hold(until: number, isHeld: boolean): void {
    if (!isHeld) return;
    this.#isHeld = true;
    this.#retryAt = Math.max(this.#retryAt, until);
  }
}
