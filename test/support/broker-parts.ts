import { EventBus } from '../../src/events';
import { Attempts } from '../../src/broker/attempts';
import { Backlog } from '../../src/broker/backlog';
import { IdempotentPublisher } from '../../src/broker/idempotent-publisher';
import { LateMessages } from '../../src/broker/late-messages';
import { MessageBroker } from '../../src/broker/message-broker';
import { TailHub } from '../../src/http/tail/tail-hub';
import { Overview } from '../../src/broker/overview';
import { Replay } from '../../src/broker/replay';
import { BacklogSampler } from '../../src/metrics/backlog-sampler';
import type { MetricsDeps } from '../../src/metrics/exposition';
import { Metrics } from '../../src/metrics/metrics';
import { Sampler } from '../../src/metrics/sampler';
import { Tallies } from '../../src/metrics/tallies';
import { Signals } from '../../src/broker/signals';
import { SubscriberAdmin } from '../../src/broker/subscriber-admin';
import { SubscriberGate } from '../../src/broker/subscriber-gate';
import { SETTINGS_DEFAULTS } from '../../src/broker/subscriber-settings';
import { Subscribers } from '../../src/broker/subscribers';
import { SubscriptionManager } from '../../src/broker/subscription-manager';
import { SubscriptionQuota } from '../../src/broker/subscription-quota';
import { PushLimiter } from '../../src/delivery/push-limiter';
import { RETRY_DEFAULTS } from '../../src/delivery/retry-policy';
import { TimestampSource } from '../../src/timestamp';
import { captureLog } from './capture-log';
import {
  FakeIdempotencyStore,
  FakeMessageStore,
  FakePushClient,
  FakeSubscriberStore,
  FakeSubscriptionStore,
} from './fakes';
import { ManualClock } from './manual-clock';

/** What outlives a process. */
export class FakeDisk {
  readonly messages = new FakeMessageStore();
  readonly subscriptions = new FakeSubscriptionStore();
  readonly subscribers = new FakeSubscriberStore();
  readonly idempotency = new FakeIdempotencyStore();
}

export interface BrokerPartsOptions {
  readonly disk?: FakeDisk;
  readonly clock?: ManualClock;
  readonly push?: FakePushClient;
  readonly pushTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  readonly limit?: number;
  readonly unprovenLimit?: number;
  /** Pushes under way at once to one subscriber at most. */
  readonly maxShare?: number;
  /** Uniform in [0, 1); 0.5 is no jitter. */
  readonly random?: () => number;
  /** Whether metrics name single subscribers. */
  readonly perSubscriber?: boolean;
  readonly keepCountMs?: (messages: number) => number;
}

const DEFAULTS = {
  pushTimeoutMs: 5000,
  maxMessageBytes: 1000,
  random: () => 0.5,
  perSubscriber: false,
  keepCountMs: () => 0,
};

/** Everything below HTTP over fakes, as the composition root puts it together. */
export function newBrokerParts({
  disk = new FakeDisk(),
  clock = new ManualClock(),
  push = new FakePushClient(),
  limit = 1024,
  unprovenLimit = limit,
  maxShare = limit,
  ...options
}: BrokerPartsOptions = {}) {
  const { pushTimeoutMs, maxMessageBytes, random, perSubscriber, keepCountMs } = { ...DEFAULTS, ...options };
  const logged = captureLog();
  const { log } = logged;
  const timestamps = new TimestampSource(clock);
  const limiter = new PushLimiter({ clock, limit, unprovenLimit });
  const events = new EventBus((error) => {
    throw error;
  });
  const arrivals = new Signals();
  const dropped: [url: string, count: number][] = [];
  const subscriptions = new SubscriptionManager({ store: disk.subscriptions, timestamps, events });
  const late = new LateMessages(disk.messages);
  const deps = { store: disk.messages, clock, timestamps, log, events, subscriptions, late };
  const tallies = new Tallies();
  const onAttempted = tallies.attempted.bind(tallies);
  const attempts = new Attempts({ push, limiter, clock, pushTimeoutMs, log, events, onAttempted });
  const subscribers = new Subscribers({
    ...deps,
    records: disk.subscribers,
    attempts,
    random,
    retry: RETRY_DEFAULTS,
    defaults: SETTINGS_DEFAULTS,
    maxShare,
    pushTimeoutMs,
    receivedRetentionMs: 60_000,
    isSubscribed: (url) => subscriptions.isSubscribed(url),
    onSettled: (url) => arrivals.notify(url),
    onDropped: (url, count) => void dropped.push([url, count]),
  });
  const broker = new MessageBroker({ ...deps, subscribers }, { pushTimeoutMs, maxMessageBytes });
  const backlog = new Backlog({ ...deps, subscribers, arrivals }, { receivedRetentionMs: 60_000 });
  const gate = new SubscriberGate({
    checkAddress: () => Promise.resolve(),
    isBlocked: () => false,
    verify: null,
  });
  const quota = new SubscriptionQuota(subscriptions, {
    maxSubscriptionsPerTopic: null,
    maxTopicsPerSubscriber: null,
  });
  const admin = new SubscriberAdmin({ subscriptions, subscribers, backlog, gate, quota });
  const idempotent = new IdempotentPublisher({ broker, store: disk.idempotency, clock, log });
  const replay = new Replay(
    { ...deps, subscribers, attempts },
    { pushTimeoutMs, receivedRetentionMs: 60_000 },
  );
  const overview = new Overview({ ...deps, subscribers, backlog });
  const tails = new TailHub({ events, clock, maxTails: 2, inFlight: () => limiter.active });
  const metricsDeps: MetricsDeps = {
    tallies,
    sampler: new Sampler({
      subscriptions,
      subscribers,
      backlogs: new BacklogSampler({ store: disk.messages, clock, keepCountMs }),
      checkReady: () => disk.messages.gate('ping', ''),
      clock,
      log,
    }),
    pushes: () => limiter,
    perSubscriber,
    version: '1.2.3',
    clock,
  };
  const metrics = new Metrics(metricsDeps);
  return {
    disk,
    clock,
    push,
    limiter,
    logged,
    log,
    events,
    tails,
    replay,
    overview,
    tallies,
    metrics,
    metricsDeps,
    arrivals,
    dropped,
    subscriptions,
    subscribers,
    broker,
    backlog,
    admin,
    idempotent,
  };
}

export type BrokerParts = ReturnType<typeof newBrokerParts>;

/** With one subscriber. */
export async function subscribedParts(topic: string, url: string): Promise<BrokerParts> {
  const parts = newBrokerParts();
  await parts.subscriptions.subscribe(topic, url);
  return parts;
}

/** Those of another process on the same data, begun when these have ended. */
export async function restartedParts({ disk, clock }: BrokerParts): Promise<BrokerParts> {
  const parts = newBrokerParts({ disk, clock });
  await Promise.all([parts.subscriptions.load(), parts.subscribers.load()]);
  parts.subscribers.resume();
  return parts;
}
