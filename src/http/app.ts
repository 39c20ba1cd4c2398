import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import type { Backlog } from '../broker/backlog';
import type { BuiltInSubscriber } from '../broker/built-in-subscriber';
import type { IdempotentPublisher } from '../broker/idempotent-publisher';
import type { SubscriberAdmin } from '../broker/subscriber-admin';
import type { MessageBroker } from '../broker/message-broker';
import type { SubscriptionManager } from '../broker/subscription-manager';
import type { Clock } from '../clock';
import type { EventBus } from '../events';
import type { Logger } from '../logger';
import { BodyMemory } from './body-memory';
import { pushChecker } from './auth/push-checker';
import { authenticate } from './auth/authenticate';
import type { JwtVerifier } from './auth/jwt-verifier';
import type { RateLimits } from './rate-limit/rate-limits';
import type { SecurityConfig } from '../security-config';
import { topicParam } from './topic-param';
import { errorHandler } from './middleware/error-handler';
import { requestId } from './middleware/request-id';
import { parseQuery } from './query';
import { eventRoutes } from './routes/event';
import { healthRoutes, notFoundRoute } from './routes/health';
import type { Metrics } from '../metrics/metrics';
import type { Tallies } from '../metrics/tallies';
import type { Overview } from '../broker/overview';
import type { Replay } from '../broker/replay';
import { countErrors, metricsRoutes } from './routes/metrics';
import { overviewRoutes } from './routes/overview';
import { publishRoutes } from './routes/publish';
import { referenceRoutes } from './routes/reference';
import { subscriberRoutes } from './routes/subscriber';
import { tailRoutes } from './routes/tail';
import type { TailHub } from './tail/tail-hub';
import { subscriptionRoutes } from './routes/subscriptions';

export interface AppDeps {
  readonly broker: MessageBroker;
  readonly idempotent: IdempotentPublisher;
  readonly admin: SubscriberAdmin;
  readonly subscriptions: SubscriptionManager;
  readonly backlog: Backlog;
  readonly builtIn: BuiltInSubscriber;
  /** Verifies tokens; null when everybody may do everything. */
  readonly verifier: Pick<JwtVerifier, 'verify'> | null;
  /** Null when callers are not limited. */
  readonly limits: RateLimits | null;
  /** Express's `trust proxy`. */
  readonly trustProxy: SecurityConfig['trustProxy'];
  /** Resolves when the server can serve; rejects with the HeraldError or StoreUnavailableError that says why not. */
  readonly checkReady: () => Promise<void>;
  readonly tails: TailHub;
  readonly replay: Replay;
  readonly overview: Overview;
  readonly metrics: Metrics;
  readonly tallies: Tallies;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The HTTP interface as an Express application without a port. It translates, and decides nothing. */
export function createApp(deps: AppDeps): Express {
  const { admin, backlog, broker, builtIn, clock, events, limits, log, subscriptions, tallies } = deps;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', parseQuery);
  app.use(requestId());
  app.use(noSniffing);
  const identify = authenticate(deps.verifier);
  if (deps.trustProxy !== false) app.set('trust proxy', deps.trustProxy);
  if (limits) app.use(limits.perAddress());
  healthRoutes(app, deps.checkReady);
  referenceRoutes(app);
  eventRoutes(app, {
    backlog,
    builtIn,
    maxMessageBytes: broker.maxMessageBytes,
    identify,
    checkPush: deps.verifier ? pushChecker(() => admin.secretsOf(String(builtIn.urls[0]))) : () => undefined,
    events,
    clock,
    log,
  });
  app.use(identify);
  if (limits) app.use(limits.perToken());
  if (limits) app.use('/publish/:topic', limits.publishes(topicParam));
  publishRoutes(app, { broker, idempotent: deps.idempotent, tallies, bodies: new BodyMemory() });
  subscriptionRoutes(app, { subscriptions, admin, log });
  subscriberRoutes(app, { admin, backlog, replay: deps.replay, log });
  overviewRoutes(app, { overview: deps.overview, builtIn, clock });
  metricsRoutes(app, { metrics: deps.metrics });
  tailRoutes(app, { tails: deps.tails });
  notFoundRoute(app);
  if (limits) app.use(limits.countFailures());
  app.use(countErrors(tallies));
  app.use(errorHandler(log));
  return app;
}

/** Nobody is to take an answer for a page or a script. */
function noSniffing(_req: Request, res: Response, next: NextFunction): void {
  res.setHeader('X-Content-Type-Options', 'nosniff');
  next();
}
