/** After so many misses, counted in full caches, what is kept may well be what nobody asks for any more. */
const FULLS_UNTIL_FORGOTTEN = 16;

/**
 * Keeps what is made of keys, up to a number of entries. A full one takes nothing in: where more keys are in use than
 * fit, to let an old entry go for each new one is a hit for nobody and old garbage for the collector. It forgets all now
 * and then, so that it follows the keys that are in use.
 */
export class BoundedCache<Key, Value extends object> {
  readonly #entries = new Map<Key, Value>();
  #misses = 0;

  /** @param make may throw; nothing is kept then */
  constructor(
    private readonly make: (key: Key) => Value,
    private readonly maxEntries: number,
  ) {}

  get(key: Key): Value {
    const kept = this.#entries.get(key);
    if (kept) return kept;
    const made = this.make(key);
    if (this.#entries.size < this.maxEntries) this.#entries.set(key, made);
    else this.#miss();
    return made;
  }

  #miss(): void {
    if (++this.#misses < this.maxEntries * FULLS_UNTIL_FORGOTTEN) return;
    this.#misses = 0;
    this.#entries.clear();
  }
}
