import type { Exposition, MetricsDeps } from './exposition';

/** What the server tells Prometheus. Until somebody asks, nothing is loaded, and nothing measured but the tallies. */
export class Metrics {
  #exposition: Promise<Exposition> | null = null;

  constructor(private readonly deps: MetricsDeps) {}

  /** Every metric in Prometheus' text format. Waits for the store 2 s at most; the first call loads the library, too. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#exposition ??= this.#load().catch((error: unknown) => {
      // Whoever asks next is not answered with an old failure.
      this.#exposition = null;
      throw error;
    });
    return (await this.#exposition).write();
  }

  async #load(): Promise<Exposition> {
    const { Exposition } = await import('./exposition.js');
    return new Exposition(this.deps);
  }
}
