import type { Config } from './config';
import { Backlog } from './broker/backlog';
import { BuiltInSubscriber, builtInUrls } from './broker/built-in-subscriber';
import { MessageBroker } from './broker/message-broker';
import { SubscriptionManager } from './broker/subscription-manager';
import type { Clock } from './clock';
import { systemClock } from './clock';
import { AxiosPushClient } from './delivery/axios-push-client';
import { PushLimiter } from './delivery/push-limiter';
import { HeraldError } from './errors';
import { createApp } from './http/app';
import { HttpServer } from './http/http-server';
import { Lifecycle, unlessAborted } from './lifecycle';
import type { Logger } from './logger';
import { openStores } from './store/open-stores';
import { TimestampSource } from './timestamp';
import { programVersion } from './version';

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
}

/**
 * Makes every object of the program, and starts them in order.
 *
 * @throws StartupError when something cannot be used, with the remedy; nothing is left running then
 */
export async function startService(
  config: Config,
  { log, clock = systemClock }: ServiceOptions,
): Promise<Service> {
  const stores = await openStores(config.store);
  const timestamps = new TimestampSource(clock);
  const push = new AxiosPushClient({ clock, version: programVersion() });
  const subscriptions = new SubscriptionManager({ store: stores.subscriptions, timestamps });
  const broker = new MessageBroker(
    {
      subscriptions,
      store: stores.messages,
      push,
      limiter: new PushLimiter({ clock }),
      clock,
      timestamps,
      log,
    },
    config,
  );
  const backlog = new Backlog({ store: stores.messages, clock, log }, config);
  const builtIn = new BuiltInSubscriber();
  const app = createApp({
    broker,
    subscriptions,
    backlog,
    builtIn,
    checkReady: async () => {
      if (server.isStopping) throw new HeraldError('shutting_down', 'The server is shutting down');
      await stores.ping();
    },
    log,
  });
  const server = new HttpServer(app, config.host, config.port);

  // Stopped in reverse: refuse requests and finish those under way, finish pushes, close the store.
  const lifecycle = new Lifecycle(
    [
      { name: 'store', stop: () => stores.close() },
      { name: 'push', stop: (deadline) => unlessAborted(push.close(), deadline) },
      { name: 'timestamps', start: async () => timestamps.startAbove(await stores.messages.lastPosition()) },
      { name: 'subscriptions', start: () => subscriptions.load() },
      { name: 'broker', stop: (deadline) => unlessAborted(broker.drain(), deadline) },
      {
        name: 'http',
        start: async () => {
          await server.start();
          builtIn.setUrls(builtInUrls(server.address.port, config.publicUrl));
        },
        stop: (deadline) => server.stop(deadline),
      },
    ],
    clock,
    log,
  );
  await lifecycle.start(config.shutdownTimeoutMs);
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${server.address.port}`;
  log.info({ url, subscriber: builtIn.urls[0], store: config.store.kind }, 'service.started');
  return { url, stop: () => lifecycle.stop(config.shutdownTimeoutMs) };
}
