import type { Config } from './config';
import { BuiltInSubscriber, builtInUrls } from './broker/built-in-subscriber';
import { SubscriptionManager } from './broker/subscription-manager';
import type { Clock } from './clock';
import { systemClock } from './clock';
import { HeraldError, StartupError, StoreUnavailableError } from './errors';
import { EventBus } from './events';
import { createApp } from './http/app';
import { HttpServer, type HttpServerDeps } from './http/http-server';
import { type Component, Lifecycle, unlessAborted } from './lifecycle';
import type { LogComponent } from './log-config';
import { componentLoggers, type Logger } from './logger';
import { Tallies } from './metrics/tallies';
import { timedStores } from './metrics/timed-stores';
import { hostInUrl } from './parse-url';
import { type Backend, openBackend } from './store/open-stores';
import type { Stores } from './store/stores';
import { TimestampSource } from './timestamp';
import { createBroker } from './composition/create-broker';
import { createMetrics } from './composition/create-metrics';
import { createPushClient } from './composition/create-push-client';
import { createRetention } from './composition/create-retention';
import { createSecurity } from './composition/create-security';

/** A running server. */
export interface Service {
  /** Where it listens; the port is the real one also when the configuration says 0. */
  readonly url: string;
  /** Finishes what is under way and closes everything, within the configured time. Idempotent. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly log: Logger;
  readonly clock?: Clock;
  /** Uniform in [0, 1); spreads retries. */
  readonly random?: () => number;
  /** Where it is being opened already; the service closes it. */
  readonly backend?: Promise<Backend>;
}

/**
 * Makes every object of the program, and starts them in order.
 *
 * @throws StartupError when something cannot be used, with the remedy; nothing is left running then
 */
export async function startService(
  config: Config,
  { log, clock = systemClock, random = Math.random, backend = openBackend(config) }: ServiceOptions,
): Promise<Service> {
  const tallies = new Tallies();
  const logs = componentLoggers(log, config.log.levels);
  const { stores, sharedLimits } = watched(await backend, tallies, logs);
  const timestamps = newTimestamps(clock, logs.broker);
  const events = new EventBus((error) => log.error({ err: error }, 'event.listener_failed'));
  const { access, gate, guard } = await createSecurity(config, { clock, log: logs.http, sharedLimits });
  const push = createPushClient(clock, guard, (url) => subscribers.secretsOf(url));
  const subscriptions = new SubscriptionManager({ store: stores.subscriptions, timestamps, events });
  const own = { timestamps, events, subscriptions, tallies };
  const shared = { config, stores, clock, random, log: logs.broker, ...own };
  const { subscribers, limiter, arrivals, ...served } = createBroker({ ...shared, push, gate });
  const builtIn = new BuiltInSubscriber();
  const checkReady = readiness(stores, () => server.isStopping);
  const metrics = createMetrics({ ...shared, subscribers, limiter, checkReady });
  const offered = { ...served, ...access, ...own, builtIn, checkReady, metrics };
  const app = createApp({ ...offered, clock, log: logs.http });
  const server = createServer(app, config, tallies);

  const onListening = () => {
    builtIn.setUrls(builtInUrls(server.address.port, config.publicUrl));
    guard.trustOrigins(builtIn.urls);
  };
  // Those who wait for messages or read events are answered, so that nothing waits for them.
  const onStopping = () => {
    arrivals.close();
    served.tails.close();
  };
  // Stopped in reverse: refuse requests and finish those under way, finish pushes, close the store.
  const components: readonly Component[] = [
    { name: 'store', stop: () => stores.close().finally(sharedLimits?.close) },
    { name: 'push', stop: (deadline) => unlessAborted(push.close(), deadline) },
    { name: 'timestamps', start: async () => timestamps.startAbove(await stores.messages.lastPosition()) },
    { name: 'keys', start: async () => access.verifier?.start() },
    { name: 'subscriptions', start: () => subscriptions.load() },
    {
      name: 'subscribers',
      start: () => subscribers.load(),
      stop: (deadline) => unlessAborted(subscribers.stop(), deadline),
    },
    { name: 'broker', stop: (deadline) => unlessAborted(served.broker.drain(), deadline) },
    createRetention({ ...shared, log: logs.store }, subscribers),
    httpComponent(server, onListening, onStopping),
    // Last, since the built-in subscriber is among those that are pushed to.
    { name: 'redelivery', start: () => subscribers.resume() },
  ];
  const lifecycle = new Lifecycle(components, clock, log);
  await lifecycle.start(config.shutdownTimeoutMs).catch((error: unknown) => failStart(error, config.store));
  const url = urlOf(config.host, server.address.port);
  log.info({ url, subscriber: builtIn.urls[0], store: config.store.kind }, 'service.started');
  return { url, stop: () => lifecycle.stop(config.shutdownTimeoutMs) };
}

function createServer(
  app: HttpServerDeps['app'],
  { host, port, security }: Config,
  tallies: Tallies,
): HttpServer {
  const { maxConnections } = security;
  return new HttpServer({
    app,
    host,
    port,
    maxConnections,
    onRefused: (code) => tallies.requestFailed(code),
  });
}

/** Rejects when the server cannot serve, with what says why. */
function readiness(stores: Stores, isStopping: () => boolean): () => Promise<void> {
  return async () => {
    if (isStopping()) throw new HeraldError('shutting_down', 'The server is shutting down');
    await stores.ping();
  };
}

/** @throws StartupError in place of a fault of the store, which is no bug; otherwise the error itself */
function failStart(error: unknown, { kind }: Config['store']): never {
  if (!(error instanceof StoreUnavailableError)) throw error;
  const remedy =
    kind === 'dynamodb'
      ? 'see whether it is slow, throttles these tables or lacks a permission (docs/dynamodb.md), and start again'
      : 'run "herald doctor", which looks for what is wrong with the file, and start again';
  throw new StartupError(`The store cannot be read: ${error.message}: ${remedy}`, { cause: error });
}

function urlOf(host: string, port: number): string {
  return `http://${hostInUrl(host)}:${port}`;
}

function newTimestamps(clock: Clock, log: Logger): TimestampSource {
  return new TimestampSource(clock, (ms) => log.warn({ ahead_ms: ms }, 'timestamps.ahead'));
}

/**
 * The same, counted, and with a line when each server begins to count its callers by itself or the store finds that it
 * cannot store any more, and when that ends.
 */
function watched(
  { stores, sharedLimits }: Backend,
  tallies: Tallies,
  logs: Record<LogComponent, Logger>,
): Backend {
  const { http: log } = logs;
  stores.listen?.({
    onFault: (fault) => {
      if (fault === null) logs.store.info('store.files_back');
      else logs.store.error({ reason: fault.message }, 'store.files_lost');
    },
    onDamaged: (subscriber, position) => logs.store.error({ subscriber, position }, 'store.message_missing'),
  });
  sharedLimits?.listen((fault) => {
    if (fault === null) log.info('limits.table_answers');
    else log.warn({ err: fault }, 'limits.table_failed');
  });
  return { sharedLimits, stores: timedStores(stores, tallies) };
}

/** @param onStopping ends the requests that would go on by themselves */
function httpComponent(server: HttpServer, onListening: () => void, onStopping: () => void): Component {
  return {
    name: 'http',
    start: async () => {
      await server.start();
      onListening();
    },
    stop: (deadline) => {
      onStopping();
      return server.stop(deadline);
    },
  };
}
