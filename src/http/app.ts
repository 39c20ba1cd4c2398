import express from 'express';
import type { Express } from 'express';
import type { Backlog } from '../broker/backlog';
import type { BuiltInSubscriber } from '../broker/built-in-subscriber';
import type { MessageBroker } from '../broker/message-broker';
import type { SubscriptionManager } from '../broker/subscription-manager';
import type { Logger } from '../logger';
import { errorHandler } from './middleware/error-handler';
import { eventRoutes } from './routes/event';
import { healthRoutes } from './routes/health';
import { publishRoutes } from './routes/publish';
import { subscriptionRoutes } from './routes/subscriptions';

export interface AppDeps {
  readonly broker: MessageBroker;
  readonly subscriptions: SubscriptionManager;
  readonly backlog: Backlog;
  readonly builtIn: BuiltInSubscriber;
  /** Resolves when the server can serve; rejects with the HeraldError or StoreUnavailableError that says why not. */
  readonly checkReady: () => Promise<void>;
  readonly log: Logger;
}

/** The HTTP interface as an Express application without a port. It translates, and decides nothing. */
export function createApp({ broker, subscriptions, backlog, builtIn, checkReady, log }: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  publishRoutes(app, broker);
  subscriptionRoutes(app, subscriptions);
  eventRoutes(app, { backlog, builtIn, maxMessageBytes: broker.maxMessageBytes, log });
  healthRoutes(app, checkReady);
  app.use(errorHandler(log));
  return app;
}
