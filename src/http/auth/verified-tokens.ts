/** How long a token is not verified anew; a key that is withdrawn counts for so much longer. */
const KEEP_MS = 10_000;
const MAX_TOKENS = 1000;

interface Kept<T> {
  readonly value: T;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What tokens were found to say a moment ago: callers send the same one with every request. */
export class VerifiedTokens<T> {
  readonly #kept = new Map<string, Kept<T>>();

  /** @param now unix milliseconds */
  get(token: string, now: number): T | undefined {
    const found = this.#kept.get(token);
    return found && now >= found.fromMs && now < found.untilMs ? found.value : undefined;
  }

  /** @param expiresAtMs unix milliseconds from which the token is not valid any more */
  keep(token: string, value: T, now: number, expiresAtMs: number): void {
    this.#kept.delete(token);
    if (this.#kept.size >= MAX_TOKENS) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(token, { value, fromMs: now, untilMs: Math.min(now + KEEP_MS, expiresAtMs) });
  }
}
