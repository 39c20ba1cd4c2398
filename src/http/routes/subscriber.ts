import type { IRouter, Request, Response } from 'express';
import { z } from 'zod';
import type { Backlog } from '../../broker/backlog';
import type { SubscriberAdmin } from '../../broker/subscriber-admin';
import type { Replay } from '../../broker/replay';
import type { Logger } from '../../logger';
import type { PendingMessage } from '../../model';
import { audit } from '../audit';
import { checkSubscriberAccess } from '../auth/authenticate';
import { defineRoute } from '../define-route';
import { onClose } from '../disconnect';
import { checkBody, jsonBodyReader, type ReadJsonBody } from '../json-body';
import { queryInteger, querySubscriber, queryText } from '../query';
import { SettingsBody } from '../settings-schema';
import { messageText } from '../message-text';

const MAX_BODY_BYTES = 262_144;
const MAX_LIMIT = 1000;

/** What `limit` and `wait`, in seconds, may be. */
export const LIMIT = { min: 1, max: MAX_LIMIT, otherwise: 100 };
export const WAIT = { min: 0, max: 20, otherwise: 0 };

const ID_FAULT = 'must be the id of a message';
const IDS_FAULT = `must be 1 to ${MAX_LIMIT} message ids`;

export const AckBody = z.union(
  [
    z.strictObject({ upTo: z.string() }),
    z.strictObject({
      ids: z
        .array(z.string(ID_FAULT).max(256, ID_FAULT), IDS_FAULT)
        .min(1, IDS_FAULT)
        .max(MAX_LIMIT, IDS_FAULT),
    }),
  ],
  `must be {"upTo": cursor} or {"ids": [1 to ${MAX_LIMIT} message ids]}`,
);

export const ReplayBody = z.strictObject({ id: z.string(ID_FAULT).min(1, ID_FAULT).max(256, ID_FAULT) });

export interface SubscriberRoutesDeps {
  readonly admin: SubscriberAdmin;
  readonly backlog: Backlog;
  readonly replay: Replay;
  readonly log: Logger;
}

/** One subscriber, named by `?url=`: what is known of it, its settings, and its backlog. */
export function subscriberRoutes(
  router: IRouter,
  { admin, backlog, replay, log }: SubscriberRoutesDeps,
): void {
  const readBody = jsonBodyReader(MAX_BODY_BYTES);
  /** The subscriber in the query, once it is clear that the caller may act for it. */
  const ownSubscriber = (req: Request, res: Response): string => {
    const url = querySubscriber(req);
    checkSubscriberAccess(req, res, admin.owned(url));
    return url;
  };

  defineRoute(router, '/subscriber', {
    GET: async (req, res) => void res.json(await admin.describe(ownSubscriber(req, res))),
    PATCH: async (req, res) => {
      const url = ownSubscriber(req, res);
      const settings = checkBody(SettingsBody, await readBody(req, res));
      const changed = await admin.change(url, settings);
      audit(log, req, 'audit.settings_changed', { subscriber: url, settings });
      res.json(changed);
    },
  });

  defineRoute(router, '/subscriber/messages', {
    GET: async (req, res) => {
      const url = ownSubscriber(req, res);
      const after = queryText(req, 'after');
      const limit = queryInteger(req, 'limit', LIMIT);
      const wait = queryInteger(req, 'wait', WAIT);
      const gone = whenClosed(res);
      const query = { limit, ...(after !== undefined && { after }), waitMs: wait * 1000, gone };
      const page = await backlog.poll(url, query);
      res.type('json').send(pageText(page.messages, page.cursor, page.hasMore));
    },
    DELETE: async (req, res) => {
      const url = ownSubscriber(req, res);
      const purged = await backlog.purge(url, queryText(req, 'before'));
      audit(log, req, 'audit.purged', { subscriber: url, messages: purged });
      res.json({ purged });
    },
  });

  defineRoute(router, '/subscriber/ack', {
    POST: async (req, res) => {
      const url = ownSubscriber(req, res);
      const what = checkBody(AckBody, await readBody(req, res));
      const result = await backlog.ack(url, what);
      audit(log, req, 'audit.acked', { subscriber: url, messages: result.acked });
      res.json(result);
    },
  });

  replayRoute(router, ownSubscriber, readBody, { replay, log });

  defineRoute(router, '/subscriber/secret', {
    POST: async (req, res) => {
      const url = ownSubscriber(req, res);
      const secret = await admin.rotateSecret(url);
      audit(log, req, 'audit.secret_rotated', { subscriber: url });
      res.json({ message: 'Verify with both secrets for 24 hours; then the old one is gone', url, secret });
    },
  });
}

/** @param ownSubscriber checks that the caller may act for the subscriber in the query, and returns it */
function replayRoute(
  router: IRouter,
  ownSubscriber: (req: Request, res: Response) => string,
  readBody: ReadJsonBody,
  { replay, log }: Pick<SubscriberRoutesDeps, 'replay' | 'log'>,
): void {
  defineRoute(router, '/subscriber/replay', {
    POST: async (req, res) => {
      const url = ownSubscriber(req, res);
      const { id } = checkBody(ReplayBody, await readBody(req, res));
      const result = await replay.push(url, id);
      audit(log, req, 'audit.replayed', { subscriber: url, message_id: id, outcome: result.outcome });
      res.json(result);
    },
  });
}

function whenClosed(res: Response): AbortSignal {
  const closed = new AbortController();
  onClose(res, () => closed.abort());
  return closed.signal;
}

function pageText(messages: readonly PendingMessage[], cursor: string | null, hasMore: boolean): string {
  const rest = JSON.stringify({ cursor, hasMore }).slice(1);
  return `{"messages":[${messages.map(messageText).join(',')}],${rest}`;
}
