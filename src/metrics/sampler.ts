import { setImmediate } from 'node:timers/promises';
import { commandedState } from '../broker/queue-mode';
import type { Subscribers } from '../broker/subscribers';
import type { SubscriptionManager } from '../broker/subscription-manager';
import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { QueueState } from '../model';
import type { BacklogSample, BacklogSampler } from './backlog-sampler';
import { Kept } from './kept';

/** Whoever asks within this time gets the same sample. */
const KEEP_MS = 10_000;
/** A sample that takes longer than this is not waited for: the one before is taken, … */
const WAIT_MS = 2000;
/** … unless it is older than this. */
const STALE_MS = 60_000;
/** Subscribers that are counted before others get their turn. */
const STEP = 5000;

export interface SamplerDeps {
  readonly subscriptions: SubscriptionManager;
  readonly subscribers: Subscribers;
  readonly backlogs: BacklogSampler;
  /** Rejects when the server cannot serve. */
  readonly checkReady: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is not counted as it happens, but looked up. */
export interface Sample {
  readonly topics: number;
  readonly subscriptions: number;
  /** Those that are subscribed to anything. */
  readonly subscribers: Readonly<Record<QueueState, number>>;
  readonly backlog: BacklogSample;
}

/** Takes samples, one at a time. What cannot be sampled is null: no fault here fails a scrape. */
export class Sampler {
  readonly #samples: Kept<Sample>;
  readonly #readiness: Kept<true>;

  constructor(private readonly deps: SamplerDeps) {
    const { clock, log, checkReady } = deps;
    const onFault = (error: unknown) => log.warn({ err: error }, 'metrics.sample_failed');
    const waits = { clock, keepMs: KEEP_MS, waitMs: WAIT_MS };
    this.#samples = new Kept({ ...waits, staleMs: STALE_MS, take: () => this.#take(), onFault });
    const take = () => checkReady().then(() => true as const);
    // The value itself says that it could not be had.
    this.#readiness = new Kept({ ...waits, staleMs: KEEP_MS, take, onFault: () => undefined });
  }

  /** Null when the store did not answer in 2 s and there is no sample of the last minute. */
  latest(): Promise<Sample | null> {
    return this.#samples.get();
  }

  /** Whether the server is found able to serve within 2 s. */
  async isReady(): Promise<boolean> {
    return (await this.#readiness.get()) !== null;
  }

  /** Makes no queue for a subscriber that has none. */
  stateOf(url: string): QueueState {
    const { subscribers } = this.deps;
    const queue = subscribers.activeQueueOf(url);
    if (queue) return queue.mode.state;
    return commandedState(subscribers.recordOf(url), subscribers.settingsOf(url)) ?? 'live';
  }

  async #take(): Promise<Sample> {
    const { subscriptions, backlogs } = this.deps;
    const backlog = await backlogs.sample();
    let topics = 0;
    let count = 0;
    for (const [, urls] of subscriptions.topics()) {
      topics += 1;
      count += urls.length;
    }
    return { topics, subscriptions: count, subscribers: await this.#countStates(), backlog };
  }

  async #countStates(): Promise<Record<QueueState, number>> {
    const counts = { live: 0, draining: 0, offline: 0, paused: 0, disabled: 0, poll: 0 };
    let looked = 0;
    for (const url of this.deps.subscriptions.subscribers()) {
      counts[this.stateOf(url)] += 1;
      looked += 1;
      if (looked % STEP === 0) await setImmediate();
    }
    return counts;
  }
}
