/** @import { Stats } from '../types' */

const KEPT = 180;

/** @typedef {(number | null)[]} Series */

/** The figures of the last minutes, second by second, in the form that charts take. */
export class StatsSeries {
  /** @type {number[]} unix seconds */
  times = [];
  /** @type {Series} */
  publishes = [];
  /** @type {Map<string, Series>} */
  outcomes = new Map();
  /** @type {{ p50: Series, p95: Series, p99: Series }} */
  latency = { p50: [], p95: [], p99: [] };
  /** @type {Stats | null} */
  latest = null;

  /**
   * @param {Stats} stats
   * @param {number} now unix milliseconds
   */
  add(stats, now) {
    this.latest = stats;
    this.times.push(now / 1000);
    this.publishes.push(stats.publishesPerSecond);
    for (const key of /** @type {const} */ (['p50', 'p95', 'p99'])) {
      this.latency[key].push(stats.latencyMs?.[key] ?? null);
    }
    const filled = this.times.length - 1;
    for (const [outcome, perSecond] of Object.entries(stats.deliveriesPerSecond)) {
      const isNew = perSecond > 0 && !this.outcomes.has(outcome);
      if (isNew)
        this.outcomes.set(
          outcome,
          Array.from({ length: filled }, () => 0),
        );
    }
    for (const [outcome, series] of this.outcomes) series.push(stats.deliveriesPerSecond[outcome] ?? 0);
    if (this.times.length > KEPT) this.#dropFirst();
  }

  #dropFirst() {
    const { p50, p95, p99 } = this.latency;
    for (const series of [this.times, this.publishes, p50, p95, p99]) series.shift();
    for (const [outcome, series] of this.outcomes) {
      series.shift();
      if (series.every((value) => value === 0)) this.outcomes.delete(outcome);
    }
  }
}
