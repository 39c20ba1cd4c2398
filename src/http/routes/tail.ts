import type { IRouter, Request } from 'express';
import { parseSubscriberUrl } from '../../broker/subscriber-url';
import { isTopicFilter } from '../../broker/topic';
import { type Outcome, OUTCOMES } from '../../model';
import { checkAdmin } from '../auth/authenticate';
import { principalOf } from '../auth/principal';
import { defineRoute } from '../define-route';
import { invalidQuery, queryText } from '../query';
import type { TailFilter } from '../tail/tail-event';
import type { TailHub } from '../tail/tail-hub';

/** What happens in the server, as it happens, as server-sent events. */
export function tailRoutes(router: IRouter, { tails }: { readonly tails: TailHub }): void {
  defineRoute(router, '/tail', {
    GET: (req, res) => {
      checkAdmin(req, res);
      const filter = filterOf(req);
      if (req.method === 'HEAD') res.type('text/event-stream').end();
      else tails.add(res, filter, req.get('last-event-id'), expiryOf(req));
    },
  });
}

/** Unix milliseconds until which the one who asks may read. */
function expiryOf(req: Request): number {
  const principal = principalOf(req);
  return principal.kind === 'token' ? principal.expiresAt : Infinity;
}

/** @throws HeraldError `invalid_query`, `invalid_url` */
function filterOf(req: Request): TailFilter {
  const topic = queryText(req, 'topic')?.trim();
  const subscriber = queryText(req, 'subscriber');
  const outcome = queryText(req, 'outcome');
  return {
    ...(topic && { topic: checkTopic(topic) }),
    ...(subscriber && { subscriber: parseSubscriberUrl(subscriber, 'subscriber') }),
    ...(outcome && { outcome: checkOutcome(outcome) }),
  };
}

function checkTopic(text: string): string {
  if (isTopicFilter(text)) return text;
  throw invalidQuery('topic', 'must be a topic, or how topics begin with * behind it');
}

function checkOutcome(text: string): Outcome {
  const outcome = OUTCOMES.find((it) => it === text);
  if (outcome) return outcome;
  throw invalidQuery('outcome', `must be one of ${OUTCOMES.join(', ')}`);
}
