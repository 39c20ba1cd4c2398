import { type Clock, settledWithin } from '../clock';

export interface KeptOptions<Value> {
  readonly clock: Clock;
  /** Gets a new value; one call at a time. */
  readonly take: () => Promise<Value>;
  /** Told why a value could not be had. */
  readonly onFault: (error: unknown) => void;
  /** Milliseconds for which a value is not asked for again. */
  readonly keepMs: number;
  /** Milliseconds that a new value is waited for. */
  readonly waitMs: number;
  /** Milliseconds for which a value may stand in for a new one that cannot be had. */
  readonly staleMs: number;
}

/** A value that takes time to get, and is kept for a while. */
export class Kept<Value> {
  #latest: { readonly value: Value; readonly at: number } | null = null;
  #underway: Promise<void> | null = null;

  constructor(private readonly options: KeptOptions<Value>) {}

  /** Null when there is no value that is new enough. Never rejects. */
  async get(): Promise<Value | null> {
    const { clock, keepMs, staleMs, waitMs } = this.options;
    const kept = this.#within(keepMs);
    if (kept) return kept.value;
    this.#underway ??= this.#renew();
    await settledWithin(clock, waitMs, this.#underway);
    return this.#within(staleMs)?.value ?? null;
  }

  #within(maxAgeMs: number): { readonly value: Value } | null {
    if (!this.#latest) return null;
    return this.options.clock.monotonicMs() - this.#latest.at < maxAgeMs ? this.#latest : null;
  }

  async #renew(): Promise<void> {
    try {
      const value = await this.options.take();
      this.#latest = { value, at: this.options.clock.monotonicMs() };
    } catch (error) {
      this.options.onFault(error);
    } finally {
      this.#underway = null;
    }
  }
}
