const WINDOW_S = 10;

/** @typedef {{ second: number, count: number }[]} Buckets */

/** How many attempts there were lately, by subscriber. */
export class Rates {
  /** @type {Map<string, Buckets>} */
  #buckets = new Map();

  /**
   * @param {string} subscriber
   * @param {number} now unix milliseconds
   */
  count(subscriber, now) {
    const second = Math.floor(now / 1000);
    const buckets = this.#buckets.get(subscriber) ?? [];
    const last = buckets.at(-1);
    if (last?.second === second) last.count += 1;
    else buckets.push({ second, count: 1 });
    while (buckets.length > WINDOW_S + 1) buckets.shift();
    this.#buckets.set(subscriber, buckets);
  }

  /**
   * Attempts per second over the last ten whole seconds.
   *
   * @param {string} subscriber
   * @param {number} now unix milliseconds
   */
  of(subscriber, now) {
    const current = Math.floor(now / 1000);
    const buckets = this.#buckets.get(subscriber) ?? [];
    const counts = buckets.filter(({ second }) => second < current && second >= current - WINDOW_S);
    return counts.reduce((sum, { count }) => sum + count, 0) / WINDOW_S;
  }

  /** @param {ReadonlySet<string>} subscribers all others are forgotten */
  retain(subscribers) {
    for (const url of this.#buckets.keys()) if (!subscribers.has(url)) this.#buckets.delete(url);
  }
}
