import type { Clock } from '../clock';
import { allowedPerMinute } from '../delivery/consent';
import { CircuitBreaker, type Epoch } from '../delivery/circuit-breaker';
import type { PushResult } from '../delivery/push-client';
import { type RetrySettings, type Verdict, verdictOf } from '../delivery/retry-policy';
import type { Outcome, SubscriberRecord } from '../model';
import { formatTime } from '../timestamp';

export interface HealthDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retry: RetrySettings;
  /** Told what rate the subscriber asks for: pushes per second, null for as many as come. */
  readonly allowRate: (perSecond: number | null) => void;
  /** Since when it fails, as it is kept over a restart; unix milliseconds. */
  readonly keptFailingSince: () => number | null;
  /** Keeps what has to survive a restart. */
  readonly change: (changes: Partial<SubscriberRecord>) => void;
}

/** The latest attempt that failed. */
export interface LastError {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly at: string;
}

/** What a subscriber's answers say about it: its circuit, its last error, and whether it is to be given up. */
export class SubscriberHealth {
  readonly circuit: CircuitBreaker;
  #lastError: LastError | null = null;
  #isProven = false;

  constructor(private readonly deps: HealthDeps) {
    const { clock, random, retry } = deps;
    this.circuit = new CircuitBreaker({ clock, random, settings: retry }, deps.keptFailingSince());
  }

  get lastError(): LastError | null {
    return this.#lastError;
  }

  /** Whether its latest answer was one that shows that it works. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** @param epoch the circuit's when the attempt began */
  learn(result: PushResult, epoch: Epoch): Verdict | 'none' {
    const { outcome, status } = result;
    if (outcome === 'queued') return 'none';
    if (result.allowedRate !== undefined) this.#heed(result.allowedRate);
    const verdict = verdictOf({ outcome, ...(status !== undefined && { status }) });
    if (verdict !== 'received') {
      this.#lastError = { outcome, ...(status !== undefined && { status }), at: this.#now() };
    }
    if (verdict === 'received' || verdict === 'refused') this.#works();
    else if (verdict === 'gone') this.#disable('gone');
    else this.#fails(result, epoch);
    return verdict;
  }

  /** CloudEvents HTTP webhook §4.2.3: requests per minute, or `*`. What is neither is ignored. */
  #heed(header: string): void {
    const perMinute = allowedPerMinute(header);
    if (perMinute !== null) this.deps.allowRate(perMinute / 60);
    else if (header.trim() === '*') this.deps.allowRate(null);
  }

  #works(): void {
    this.#isProven = true;
    const wasFailing = this.circuit.failingSince !== null;
    this.circuit.succeeded();
    // Passing failures are not worth a write: only those that opened the circuit are kept.
    if (wasFailing && this.deps.keptFailingSince() !== null) this.deps.change({ failingSince: null });
  }

  #fails(result: PushResult, epoch: Epoch): void {
    this.#isProven = false;
    const wasOpen = this.circuit.isOpen;
    this.circuit.failed(epoch, result.retryAfter);
    if (this.circuit.isOpen !== wasOpen) this.deps.change({ failingSince: this.circuit.failingSince });
    if (this.circuit.isHopeless) this.#disable('unreachable');
  }

  #disable(reason: 'gone' | 'unreachable'): void {
    this.deps.change({ disabled: { at: this.#now(), reason } });
  }

  #now(): string {
    return formatTime(this.deps.clock.now());
  }
}
