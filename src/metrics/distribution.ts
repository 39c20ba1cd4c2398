/** How often values came, by upper bound: a histogram as plain numbers. */
export class Distribution {
  /** Values at or below each bound and above the one before it; the last entry counts those above all bounds. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds ascending */
  constructor(readonly bounds: readonly number[]) {
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** How many values there were. */
  get count(): number {
    return this.#counts.reduce((total, count) => total + count, 0);
  }

  /** Of all values. */
  get sum(): number {
    return this.#sum;
  }

  observe(value: number): void {
    let at = 0;
    // The upper end is not in `bounds`, and nothing is above `undefined`.
    while (value > (this.bounds[at] ?? Infinity)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  /** How many values there were up to each bound, and at the end how many in all. */
  cumulative(): number[] {
    let total = 0;
    return this.#counts.map((count) => (total += count));
  }
}
