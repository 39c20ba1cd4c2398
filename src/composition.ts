/*
 * The second half of service.ts: how the larger parts are made of smaller ones. Nothing else makes objects that last.
 */
import type { Config } from './config';
import { Attempts } from './broker/attempts';
import { Backlog } from './broker/backlog';
import { IdempotentPublisher } from './broker/idempotent-publisher';
import { LateMessages } from './broker/late-messages';
import { MessageBroker } from './broker/message-broker';
import { Overview } from './broker/overview';
import { Replay } from './broker/replay';
import { Retention } from './broker/retention';
import { Signals } from './broker/signals';
import { SubscriberAdmin } from './broker/subscriber-admin';
import { Subscribers } from './broker/subscribers';
import { SubscriptionManager } from './broker/subscription-manager';
import { SubscriptionQuota } from './broker/subscription-quota';
import type { EventBus } from './events';
import { isLoopbackHost } from './address-class';
import { TailHub } from './http/tail/tail-hub';
import type { RateLimits, RateLimitsDeps } from './http/rate-limit/rate-limits';
import type { CallerLimit, SecurityConfig } from './security-config';
import type { Clock } from './clock';
import { SubscriberGate } from './broker/subscriber-gate';
import { ConsentVerifier } from './delivery/consent';
import { SocketTransport } from './delivery/consent-transport';
import { PushAllowList } from './delivery/push-allow';
import { Signer } from './delivery/signature';
import { BlockedAddressError, TargetGuard } from './delivery/target-guard';
import type { JwtVerifier, JwtVerifierDeps } from './http/auth/jwt-verifier';
import { AxiosPushClient, type SignPush } from './delivery/axios-push-client';
import type { PushClient } from './delivery/push-client';
import { PushLimiter } from './delivery/push-limiter';
import { BacklogSampler } from './metrics/backlog-sampler';
import { Metrics } from './metrics/metrics';
import { Sampler } from './metrics/sampler';
import type { Tallies } from './metrics/tallies';
import { type Component } from './lifecycle';
import type { Logger } from './logger';
import type { Backend } from './store/open-stores';
import type { Stores } from './store/stores';
import { formatTime, TimestampSource } from './timestamp';
import { programVersion } from './version';

/** Keeps what counting costs at 100 keys a second for each backlog, some 5 read units. */
const DYNAMODB_COUNT_MS = 10;

/** What most parts need. */
export interface Shared {
  readonly config: Config;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timestamps: TimestampSource;
  readonly log: Logger;
  readonly events: EventBus;
}

interface BrokerParts extends Shared {
  readonly tallies: Tallies;
  readonly push: PushClient;
  readonly subscriptions: SubscriptionManager;
  readonly gate: SubscriberGate;
}

/** What the product does, on top of stores and push client. */
export function createBroker({ config, stores, push, subscriptions, gate, tallies, ...rest }: BrokerParts) {
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
    pushTimeoutMs: config.pushTimeoutMs,
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
    tallies,
  };
}

interface MetricsParts extends Shared {
  readonly tallies: Tallies;
  readonly subscriptions: SubscriptionManager;
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

export function createRetention({ stores, ...deps }: Shared, subscribers: Subscribers): Component {
  const { idempotency } = stores;
  const tasks = [subscribers.deleteExpired.bind(subscribers), idempotency.deleteExpired.bind(idempotency)];
  const retention = new Retention({ ...deps, tasks });
  return { name: 'retention', start: () => retention.start(), stop: () => retention.stop() };
}

interface SecurityParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Null where this server counts its callers by itself. */
  readonly sharedLimits: Backend['sharedLimits'];
}

/** Who may do what, and where pushes may go. */
export async function createSecurity(
  { security, publicUrl, host, lookupSlots }: Config,
  { clock, log, sharedLimits }: SecurityParts,
) {
  const { pushPrivateNetworks: privateNetworks, auth } = security;
  const allow = new PushAllowList(security.pushAllow);
  const guard = new TargetGuard({ privateNetworks, allow, lookupSlots, clock });
  const consent = new ConsentVerifier({
    transport: new SocketTransport({ guard }),
    clock,
    origin: publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname,
    version: programVersion(),
  });
  const gate = new SubscriberGate({
    checkAddress: (target) => guard.check(target),
    isBlocked: (error) => error instanceof BlockedAddressError,
    verify: security.verifySubscribers ? (url) => consent.verify(url) : null,
  });
  const onKeyFault = (error: unknown) => log.error({ err: error }, 'auth.keys_failed');
  const verifier = auth.kind === 'jwt' ? await createVerifier({ config: auth, clock, onKeyFault }) : null;
  const limits = isAnyLimited(security, host)
    ? await createLimits({
        limits: security.callerLimits,
        onBanned: (ban) => log.warn(ban, 'audit.banned'),
        ...(sharedLimits && { newLimiter: sharedLimits.newLimiter }),
      })
    : null;
  return { guard, gate, verifier, limits, trustProxy: security.trustProxy };
}

// Both are large, and loaded only where they are used: the others start sooner and are smaller for it.

async function createVerifier(deps: JwtVerifierDeps): Promise<JwtVerifier> {
  const { JwtVerifier } = await import('./http/auth/jwt-verifier.js');
  return new JwtVerifier(deps);
}

async function createLimits(deps: RateLimitsDeps): Promise<RateLimits> {
  const { RateLimits } = await import('./http/rate-limit/rate-limits.js');
  return new RateLimits(deps);
}

/** Where only this machine can call, and no limit was set, nothing needs to be counted. */
function isAnyLimited({ callerLimits, trustProxy }: SecurityConfig, host: string): boolean {
  const set = Object.values(callerLimits).filter((limit): limit is CallerLimit => limit !== null);
  const isReachable = !isLoopbackHost(host) || trustProxy !== false;
  return set.length > 0 && (isReachable || set.some(({ includesLoopback }) => includesLoopback));
}

/** @param secretsOf the secrets that a subscriber's pushes are signed with */
export function createPushClient(
  clock: Clock,
  guard: TargetGuard,
  secretsOf: (url: string) => readonly string[],
): PushClient {
  const signer = new Signer();
  const sign: SignPush = (url, id, seconds, body) => {
    const secrets = secretsOf(url);
    return secrets.length === 0 ? null : signer.sign(id, seconds, body, secrets);
  };
  return new AxiosPushClient({ clock, version: programVersion(), guard, sign });
}
