import type { Clock } from '../clock';
import type { QueueState } from '../model';
import type { BacklogSeen } from './backlog-sampler';
import { labelled, type MetricSet, single } from './metric-set';
import type { Sample } from './sampler';
import type { Tallies } from './tallies';

/** Series at most of a metric whose label names subscribers. */
const MAX_SUBSCRIBERS = 500;

/** Of publishing, and of requests as a whole. */
export function addPublishing(set: MetricSet, tallies: Tallies): void {
  set.counter(['herald_publishes_total', 'Publishes by what became of them.', ['result']], () =>
    labelled('result', tallies.publishes),
  );
  set.histogram(
    ['herald_publish_seconds', 'Time of publishes that were carried out, once their body was read.'],
    () => single(tallies.publishSeconds),
  );
  set.counter(
    ['herald_request_errors_total', 'Requests answered with an error, by its code.', ['code']],
    () => labelled('code', tallies.requestErrors),
  );
  set.counter(['herald_rate_limited_total', 'Requests refused by a limit on callers.'], () =>
    single(tallies.requestErrors.rate_limited),
  );
}

/** Of pushes. */
export function addPushing(
  set: MetricSet,
  tallies: Tallies,
  pushes: () => { readonly active: number; readonly waiting: number },
): void {
  set.counter(['herald_deliveries_total', 'Delivery attempts by outcome.', ['outcome']], () =>
    labelled('outcome', tallies.deliveries),
  );
  set.histogram(
    ['herald_delivery_seconds', 'Time of pushes, from connecting to the last byte of the answer.'],
    () => single(tallies.deliverySeconds),
  );
  set.gauge(['herald_pushes_in_flight', 'Pushes under way.'], () => single(pushes().active));
  set.gauge(['herald_pushes_waiting', 'Pushes that wait for others to end.'], () => single(pushes().waiting));
  set.counter(
    [
      'herald_blocked_addresses_total',
      'Subscriptions refused (subscribe), and pushes not made (push), because of the address that they lead to.',
      ['stage'],
    ],
    () =>
      labelled('stage', {
        subscribe: tallies.requestErrors.blocked_address,
        push: tallies.deliveries.blocked_address,
      }),
  );
  set.counter(
    ['herald_dropped_messages_total', "Messages that the limits of their subscribers' backlogs cost."],
    () => single(tallies.dropped),
  );
}

/** Of the store's operations. */
export function addStore(set: MetricSet, { store }: Tallies): void {
  set.histogram(['herald_store_seconds', 'Time of calls of the store.', ['operation']], () =>
    Array.from(store, ([operation, { seconds }]) => [{ operation }, seconds] as const).filter(
      ([, { count }]) => count > 0,
    ),
  );
  set.counter(
    ['herald_store_errors_total', 'Calls of the store that failed, wholly or in part.', ['operation']],
    () => Array.from(store, ([operation, { errors }]) => [{ operation }, errors] as const),
  );
}

/** What was sampled for a scrape. */
export interface Sampled {
  /** Null when that was not possible: the metrics that need it have no value then. */
  readonly sample: () => Sample | null;
  readonly stateOf: (subscriber: string) => QueueState;
  readonly clock: Clock;
}

/** Of topics, subscribers, and what waits for them. */
export function addSubscribers(set: MetricSet, { sample, stateOf, clock }: Sampled): void {
  const oneOf = (read: (sample: Sample) => number) => () => {
    const taken = sample();
    return taken ? single(read(taken)) : [];
  };
  const byState = (fold: (value: number, seen: BacklogSeen) => number) => () => {
    const taken = sample();
    if (!taken) return [];
    const values = { live: 0, draining: 0, offline: 0, paused: 0, disabled: 0, poll: 0 };
    for (const seen of taken.backlog.seen) {
      const state = stateOf(seen.subscriber);
      values[state] = fold(values[state], seen);
    }
    return labelled('state', values);
  };
  set.gauge(
    ['herald_topics', 'Topics that have subscribers.'],
    oneOf(({ topics }) => topics),
  );
  set.gauge(
    ['herald_subscriptions', 'Pairs of topic and subscriber.'],
    oneOf(({ subscriptions }) => subscriptions),
  );
  set.gauge(
    ['herald_subscribers', 'Subscribers by state; the circuit of those offline is open.', ['state']],
    () => labelled('state', sample()?.subscribers ?? {}),
  );
  set.gauge(
    ['herald_backlog_messages', 'Messages that wait, by the state of their subscriber.', ['state']],
    byState((total, { messages }) => total + messages),
  );
  set.gauge(
    [
      'herald_backlog_oldest_seconds',
      'How long the oldest message has waited, by the state of its subscriber; 0 when none waits.',
      ['state'],
    ],
    byState((longest, seen) => Math.max(longest, ageOf(seen, clock))),
  );
  set.gauge(
    ['herald_backlog_subscribers', 'Subscribers with a backlog.'],
    oneOf(({ backlog }) => backlog.subscribers),
  );
  set.gauge(
    ['herald_backlog_unseen_subscribers', 'Those of them that the other backlog metrics leave out as yet.'],
    oneOf(({ backlog }) => backlog.subscribers - backlog.seen.length),
  );
}

/** Of each subscriber with a backlog: 500 at most, those whose oldest message has waited longest. */
export function addEachSubscriber(set: MetricSet, { sample, clock }: Sampled): void {
  const each = (read: (seen: BacklogSeen) => number) => () =>
    (sample()?.backlog.seen ?? [])
      .toSorted((a, b) => (a.oldestAt ?? Infinity) - (b.oldestAt ?? Infinity))
      .slice(0, MAX_SUBSCRIBERS)
      .map((seen) => [{ subscriber: seen.subscriber }, read(seen)] as const);
  set.gauge(
    ['herald_subscriber_backlog_messages', 'Messages that wait for one subscriber.', ['subscriber']],
    each(({ messages }) => messages),
  );
  set.gauge(
    [
      'herald_subscriber_backlog_oldest_seconds',
      'How long the oldest message has waited for one subscriber.',
      ['subscriber'],
    ],
    each((seen) => ageOf(seen, clock)),
  );
}

/** Of the server itself. */
export function addServer(set: MetricSet, version: string, isReady: () => boolean): void {
  set.gauge(['herald_ready', 'Whether the server can serve, as GET /readyz says: 1 or 0.'], () =>
    single(isReady() ? 1 : 0),
  );
  set.gauge(['herald_build_info', 'Always 1; the labels say what runs.', ['version', 'node']], () => [
    [{ version, node: process.version }, 1],
  ]);
}

/** Seconds. */
function ageOf({ oldestAt }: BacklogSeen, clock: Clock): number {
  return oldestAt === null ? 0 : Math.max(0, (clock.now() - oldestAt) / 1000);
}
