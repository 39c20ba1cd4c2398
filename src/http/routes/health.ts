import type { IRouter } from 'express';
import { HeraldError } from '../../errors';
import { defineRoute } from '../define-route';
import { pageRoutes } from './page';

const HELP = `Herald: HTTP publish/subscribe

POST /subscribe/{topic}     {"url": "http://..."}  subscribe a URL to a topic
POST /unsubscribe/{topic}   {"url": "http://..."}  end the subscription
GET  /subscribers/{topic}                          list the topic's subscribers
POST /publish/{topic}       any JSON               push it to all of them, now
GET  /subscriber?url=                              one subscriber: state, backlog, settings
PATCH /subscriber?url=      {"paused": true}       change its settings
GET  /subscriber/messages?url=&limit=&after=&wait= read its backlog
POST /subscriber/ack?url=   {"upTo": cursor}       say what was received
DELETE /subscriber/messages?url=&before=           delete its backlog
POST /subscriber/replay?url= {"id": "msg_..."}     push one message of it now
POST /subscriber/secret?url=                       a new secret for its signatures
GET  /overview                                     everything at a glance
GET  /metrics                                      the same in numbers, for Prometheus
GET  /event                                        what the built-in subscriber missed
POST /event                                        the built-in subscriber receives
GET  /toggle_post_event                            take it offline, and back
GET  /tail?topic=&subscriber=&outcome=             what happens, as it happens
GET  /docs                                         all of this in full
GET  /openapi.json                                 the same for tools (OpenAPI 3.1)
GET  /healthz, /readyz                             alive; able to serve

Send bodies with -H "Content-Type: application/json".
`;

/** Alive, able to serve, and what can be done here. */
export function healthRoutes(router: IRouter, checkReady: () => Promise<void>): void {
  pageRoutes(router, HELP);
  defineRoute(router, '/healthz', { GET: (_req, res) => void res.json({ status: 'ok' }) });
  defineRoute(router, '/readyz', {
    GET: async (_req, res) => {
      await checkReady();
      res.json({ status: 'ready' });
    },
  });
}

/** What no other route took; to be added last. */
export function notFoundRoute(router: IRouter): void {
  router.use((req) => {
    throw new HeraldError('route_not_found', `There is no ${req.path}; GET / lists the routes`);
  });
}
