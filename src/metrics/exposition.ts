import { collectDefaultMetrics } from 'prom-client';
import type { Clock } from '../clock';
import * as add from './definitions';
import { MetricSet } from './metric-set';
import type { Sample, Sampler } from './sampler';
import type { Tallies } from './tallies';

export interface MetricsDeps {
  readonly tallies: Tallies;
  readonly sampler: Sampler;
  /** Pushes under way, and those that wait for others to end. */
  readonly pushes: () => { readonly active: number; readonly waiting: number };
  /** Adds metrics whose label names subscribers. */
  readonly perSubscriber: boolean;
  readonly version: string;
  readonly clock: Clock;
}

/** Left out: gauges whose names end in `_total`, which is for counters. They are sums of what is there by type, too. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Every metric, as text. The one part that knows the metrics library, and loads it. */
export class Exposition {
  readonly #set = new MetricSet();
  #sample: Sample | null = null;
  #isReady = false;

  constructor(private readonly deps: MetricsDeps) {
    const { tallies, pushes, sampler, clock, version } = deps;
    const sampled: add.Sampled = {
      sample: () => this.#sample,
      stateOf: (url) => sampler.stateOf(url),
      clock,
    };
    add.addPublishing(this.#set, tallies);
    add.addPushing(this.#set, tallies, pushes);
    add.addStore(this.#set, tallies);
    add.addSubscribers(this.#set, sampled);
    add.addServer(this.#set, version, () => this.#isReady);
    if (deps.perSubscriber) add.addEachSubscriber(this.#set, sampled);
    // The delay of the event loop is among them: perf_hooks measures it from now on, and anew after each scrape.
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** Never the library's own, which all of a process share. */
  get registry() {
    return this.#set.registry;
  }

  async write(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { sampler } = this.deps;
    [this.#sample, this.#isReady] = await Promise.all([sampler.latest(), sampler.isReady()]);
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}
