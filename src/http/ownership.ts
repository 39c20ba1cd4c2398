import type { Request, Response } from 'express';
import type { OwnedSubscriber } from '../broker/subscriber-admin';
import { matches } from '../capability-token';
import { checkScope, missingScope } from './auth/authenticate';
import { principalOf } from './auth/principal';

/** Shows, beside a token with the scope to subscribe, that a URL is the caller's own. */
export const SUBSCRIBER_TOKEN_HEADER = 'herald-subscriber-token';

/**
 * Checks that the caller may subscribe to a topic, and that the URL is nobody else's subscriber.
 *
 * @throws HeraldError `forbidden`
 */
export function checkSubscribe(
  req: Request,
  res: Response,
  topic: string,
  subscriber: OwnedSubscriber,
): void {
  checkScope(req, res, 'subscribe', topic);
  const { url, tokenHash } = subscriber;
  if (tokenHash === null || principalOf(req).scopes.allows('poll', url)) return;
  const token = req.get(SUBSCRIBER_TOKEN_HEADER);
  if (token !== undefined && matches(token, tokenHash)) return;
  throw missingScope(
    res,
    `poll:${url}`,
    `${url} is a subscriber already: send its token as Herald-Subscriber-Token, or use a token with the scope poll:${url}`,
  );
}

/**
 * Checks that the caller may see who is subscribed to a topic.
 *
 * @throws HeraldError `forbidden`
 */
export function checkTopicAccess(req: Request, res: Response, topic: string): void {
  if (!principalOf(req).scopes.allows('publish', topic)) checkScope(req, res, 'subscribe', topic);
}
