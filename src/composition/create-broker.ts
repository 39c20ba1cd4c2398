import { Attempts } from '../broker/attempts';
import { Backlog } from '../broker/backlog';
import { IdempotentPublisher } from '../broker/idempotent-publisher';
import { LateMessages } from '../broker/late-messages';
import { MessageBroker } from '../broker/message-broker';
import { Overview } from '../broker/overview';
import { Replay } from '../broker/replay';
import { Signals } from '../broker/signals';
import { SubscriberAdmin } from '../broker/subscriber-admin';
import type { SubscriberGate } from '../broker/subscriber-gate';
import { Subscribers } from '../broker/subscribers';
import { SubscriptionQuota } from '../broker/subscription-quota';
import type { PushClient } from '../delivery/push-client';
import { PushLimiter } from '../delivery/push-limiter';
import { TailHub } from '../http/tail/tail-hub';
import { formatTime } from '../timestamp';
import type { Shared } from './shared';

interface BrokerDeps extends Shared {
  readonly push: PushClient;
  readonly gate: SubscriberGate;
}

/** What the product does, on top of stores and push client. */
export function createBroker({ config, stores, push, subscriptions, gate, tallies, ...rest }: BrokerDeps) {
  const { clock, log, events } = rest;
  const { delivery } = config;
  const arrivals = new Signals();
  const limiter = new PushLimiter({ clock, limit: delivery.maxPushesInFlight });
  const { messages: store } = stores;
  const deps = { ...rest, store, subscriptions, late: new LateMessages(store) };
  const onAttempted = tallies.attempted.bind(tallies);
  const { pushTimeoutMs } = config;
  const attempts = new Attempts({ push, limiter, clock, pushTimeoutMs, log, events, onAttempted });
  const subscribers = new Subscribers({
    ...deps,
    records: stores.subscribers,
    attempts,
    retry: delivery.retry,
    defaults: delivery.subscriberDefaults,
    // One that hangs takes the turns of no other.
    maxShare: Math.ceil(delivery.maxPushesInFlight / 2),
    pushTimeoutMs,
    receivedRetentionMs: config.receivedRetentionMs,
    isSubscribed: (url) => subscriptions.isSubscribed(url),
    onSettled: (url) => arrivals.notify(url),
    onDropped: (subscriber, messages) => {
      tallies.backlogDropped(messages);
      if (!events.hasListeners) return;
      events.emit('backlog.dropped', { subscriber, messages, at: formatTime(clock.now()) });
    },
  });
  const broker = new MessageBroker({ ...deps, subscribers }, config);
  const backlog = new Backlog({ ...deps, subscribers, arrivals }, config);
  const admin = new SubscriberAdmin({
    subscriptions,
    subscribers,
    backlog,
    gate,
    quota: new SubscriptionQuota(subscriptions, config.security),
  });
  const idempotent = new IdempotentPublisher({ broker, store: stores.idempotency, clock, log });
  const replay = new Replay({ ...deps, subscribers, attempts }, config);
  const overview = new Overview({ ...deps, subscribers, backlog });
  const inFlight = () => limiter.active;
  const tails = new TailHub({ events, clock, maxTails: config.maxTails, inFlight });
  return {
    subscribers,
    broker,
    backlog,
    admin,
    idempotent,
    arrivals,
    tails,
    replay,
    overview,
    limiter,
  };
}
