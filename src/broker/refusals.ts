interface Refusal {
  attempts: number;
  dueAt: number;
}

/** Messages that their subscriber refuses: how often, and when each is due again. */
export class Refusals {
  readonly #refusals = new Map<string, Refusal>();

  /** @param delaysMs the pauses before the second, third, … attempt */
  constructor(private readonly delaysMs: readonly number[]) {}

  /** When the message is due again, by the clock that `note` goes by; undefined when it was never refused. */
  dueAt(messageId: string): number | undefined {
    return this.#refusals.get(messageId)?.dueAt;
  }

  /**
   * @param now by the monotonic clock
   * @returns milliseconds until the message is to be tried again; null when that was its last attempt
   */
  note(messageId: string, now: number): number | null {
    const refusal = this.#refusals.get(messageId) ?? { attempts: 0, dueAt: 0 };
    const delayMs = this.delaysMs[refusal.attempts];
    refusal.attempts += 1;
    refusal.dueAt = now + (delayMs ?? 0);
    this.#refusals.set(messageId, refusal);
    return delayMs ?? null;
  }

  delete(messageId: string): void {
    this.#refusals.delete(messageId);
  }

  clear(): void {
    this.#refusals.clear();
  }
}
