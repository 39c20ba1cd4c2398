/** The timestamps, in unix microseconds, of one subscriber's messages that are neither delivered nor in its backlog yet. */
export class OnTheWay {
  /** In rising order. */
  #micros = new Set<number>();
  /** Those that were announced and not taken in yet. */
  readonly #reserved = new Set<number>();
  #newest: number;

  /** @param since older ones come late: they were given their place before this began */
  constructor(since = 0) {
    this.#newest = since;
  }

  get size(): number {
    return this.#micros.size;
  }

  /** The oldest; undefined when there is none. */
  get first(): number | undefined {
    for (const micros of this.#micros) return micros;
    return undefined;
  }

  reserve(micros: number): void {
    this.#reserved.add(micros);
    this.#insert(micros);
  }

  /** @returns false when it was taken in meanwhile, or never reserved */
  release(micros: number): boolean {
    return this.#reserved.delete(micros) && this.delete(micros);
  }

  /** @returns whether it comes late: newer ones were taken in before it, and its place was not held */
  add(micros: number): boolean {
    const isLate = !this.#reserved.delete(micros) && micros < this.#newest;
    this.#insert(micros);
    return isLate;
  }

  delete(micros: number): boolean {
    return this.#micros.delete(micros);
  }

  #insert(micros: number): void {
    if (this.#micros.has(micros)) return;
    this.#micros.add(micros);
    if (micros > this.#newest) this.#newest = micros;
    else this.#micros = new Set([...this.#micros].sort((a, b) => a - b));
  }
}
