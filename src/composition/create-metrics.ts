import type { Subscribers } from '../broker/subscribers';
import type { PushLimiter } from '../delivery/push-limiter';
import { BacklogSampler } from '../metrics/backlog-sampler';
import { Metrics } from '../metrics/metrics';
import { Sampler } from '../metrics/sampler';
import { programVersion } from '../version';
import type { Shared } from './shared';

/** Keeps what counting costs at 100 keys a second for each backlog, some 5 read units. */
const DYNAMODB_COUNT_MS = 10;

interface MetricsParts extends Shared {
  readonly subscribers: Subscribers;
  readonly limiter: PushLimiter;
  /** Rejects when the server cannot serve. */
  readonly checkReady: () => Promise<void>;
}

/** What Prometheus is told. */
export function createMetrics({ config, stores, tallies, limiter, ...rest }: MetricsParts): Metrics {
  const { clock } = rest;
  // DynamoDB reads every key in order to count; the embedded store knows the number.
  const msPerMessage = config.store.kind === 'dynamodb' ? DYNAMODB_COUNT_MS : 0;
  const keepCountMs = (messages: number) => messages * msPerMessage;
  const backlogs = new BacklogSampler({ store: stores.messages, clock, keepCountMs });
  return new Metrics({
    tallies,
    sampler: new Sampler({ ...rest, backlogs }),
    pushes: () => limiter,
    perSubscriber: config.metricsPerSubscriber,
    version: programVersion(),
    clock,
  });
}
