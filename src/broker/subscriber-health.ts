import type { Clock } from '../clock';
import { allowedPerMinute } from '../delivery/consent';
import { CircuitBreaker, type Epoch } from '../delivery/circuit-breaker';
import { type RetrySettings, type Verdict, verdictOf } from '../delivery/retry-policy';
import type { Outcome, SubscriberRecord } from '../model';
import { formatTimestamp } from '../timestamp';
import type { AttemptResult } from './attempts';

export interface HealthDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retry: RetrySettings;
  /** Told what rate the subscriber asks for: pushes per second, null for as many as come. */
  readonly allowRate: (perSecond: number | null) => void;
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
  /** Whether what is kept over a restart says that it fails. */
  #isKeptAsFailing: boolean;

  constructor(
    private readonly deps: HealthDeps,
    failingSince: number | null,
  ) {
    const { clock, random, retry } = deps;
    this.#isKeptAsFailing = failingSince !== null;
    this.circuit = new CircuitBreaker({ clock, random, settings: retry }, failingSince);
  }

  get lastError(): LastError | null {
    return this.#lastError;
  }

  /** @param epoch the circuit's when the attempt began */
  learn(result: AttemptResult, epoch: Epoch): Verdict | 'none' {
    const { outcome, status } = result;
    if (outcome === 'queued') return 'none';
    if ('allowedRate' in result) this.#heed(result.allowedRate);
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
    this.circuit.succeeded();
    this.#keep(null);
  }

  #fails(result: AttemptResult, epoch: Epoch): void {
    const wasOpen = this.circuit.isOpen;
    this.circuit.failed(epoch, 'retryAfter' in result ? result.retryAfter : undefined);
    if (this.circuit.isOpen !== wasOpen) this.#keep(this.circuit.failingSince);
    if (this.circuit.isHopeless) this.#disable('unreachable');
  }

  /** Passing failures are not worth a write: only those that opened the circuit are kept. */
  #keep(failingSince: number | null): void {
    if (failingSince === null && !this.#isKeptAsFailing) return;
    this.#isKeptAsFailing = failingSince !== null;
    this.deps.change({ failingSince });
  }

  #disable(reason: 'gone' | 'unreachable'): void {
    this.deps.change({ disabled: { at: this.#now(), reason } });
  }

  #now(): string {
    return formatTimestamp(this.deps.clock.now() * 1000);
  }
}
