/** Tells whoever waits for a key that something happened there. Nothing is kept for a key that nobody waits for. */
export class Signals {
  readonly #waiting = new Map<string, Set<() => void>>();
  #isClosed = false;

  /** How many keys are waited for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Wakes all who wait for `key`. */
  notify(key: string): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    for (const wake of waiting) wake();
  }

  /** Whether nothing is to be waited for any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Wakes everybody, for good. */
  close(): void {
    this.#isClosed = true;
    for (const key of [...this.#waiting.keys()]) this.notify(key);
  }

  /**
   * From this call on, what happens at `key` counts.
   *
   * @returns `happened` resolves at the next `notify`; call `cancel` when it is not waited for any more
   */
  next(key: string): { readonly happened: Promise<void>; cancel(): void } {
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    let wake = (): void => undefined;
    const happened = new Promise<void>((resolve) => (wake = resolve));
    waiting.add(wake);
    const cancel = () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    };
    return { happened, cancel };
  }
}
