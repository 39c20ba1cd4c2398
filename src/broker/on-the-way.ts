/** The timestamps, in unix microseconds, of one subscriber's messages that are neither delivered nor in its backlog yet. */
export class OnTheWay {
  /** In rising order. */
  #micros = new Set<number>();
  /** Those that were announced and not taken in yet. */
  readonly #reserved = new Set<number>();
  #newest = 0;

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

  /** @returns whether its place was held */
  add(micros: number): boolean {
    this.#insert(micros);
    return this.#reserved.delete(micros);
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
