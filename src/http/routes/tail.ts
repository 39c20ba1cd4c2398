import type { IRouter, Request } from 'express';
import { parseSubscriberUrl } from '../../broker/subscriber-url';
import { HeraldError } from '../../errors';
import { type Outcome, OUTCOMES } from '../../model';
import { checkAdmin } from '../auth/authenticate';
import { defineRoute } from '../define-route';
import { queryText } from '../query';
import type { TailFilter } from '../tail/tail-event';
import type { TailHub } from '../tail/tail-hub';

/** What happens in the server, as it happens, as server-sent events. */
export function tailRoutes(router: IRouter, { tails }: { readonly tails: TailHub }): void {
  defineRoute(router, '/tail', {
    GET: (req, res) => {
      checkAdmin(req, res);
      const filter = filterOf(req);
      if (req.method === 'HEAD') res.type('text/event-stream').end();
      else tails.add(res, filter, req.get('last-event-id'));
    },
  });
}

/** @throws HeraldError `invalid_query`, `invalid_url` */
function filterOf(req: Request): TailFilter {
  const topic = queryText(req, 'topic');
  const subscriber = queryText(req, 'subscriber');
  const outcome = queryText(req, 'outcome');
  return {
    ...(topic && { topic }),
    ...(subscriber && { subscriber: parseSubscriberUrl(subscriber, 'subscriber') }),
    ...(outcome && { outcome: checkOutcome(outcome) }),
  };
}

function checkOutcome(text: string): Outcome {
  const outcome = OUTCOMES.find((it) => it === text);
  if (outcome) return outcome;
  const message = `must be one of ${OUTCOMES.join(', ')}`;
  throw new HeraldError('invalid_query', `The parameter outcome ${message}`, [{ path: 'outcome', message }]);
}
