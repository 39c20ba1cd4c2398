import type { IRouter } from 'express';
import { z } from 'zod';
import { parseSubscriberUrl } from '../../broker/subscriber-url';
import type { SubscriberAdmin } from '../../broker/subscriber-admin';
import type { SubscriptionManager } from '../../broker/subscription-manager';
import { HeraldError } from '../../errors';
import type { Logger } from '../../logger';
import { audit } from '../audit';
import { checkSubscriberAccess } from '../auth/authenticate';
import { defineRoute } from '../define-route';
import { checkBody, jsonBodyReader } from '../json-body';
import { checkSubscribe, checkTopicAccess } from '../ownership';
import { SettingsFields } from '../settings-schema';
import { topicParam } from '../topic-param';

/** Room for a URL of 2,048 characters, each percent-encoded or escaped, and the fields around it. */
const MAX_BODY_BYTES = 65_536;

/** A subscriber's URL in a body, to be checked by `parseSubscriberUrl`. */
const url = z.string("must be a text with the subscriber's URL").meta({
  description:
    'An absolute http or https URL of at most 2,048 characters, without user name, password or inner white space. It is kept in its normal form.',
  format: 'uri',
});
export const SubscribeBody = z.strictObject({ url, ...SettingsFields });
export const UnsubscribeBody = z.strictObject({ url });

export interface SubscriptionRoutesDeps {
  readonly subscriptions: SubscriptionManager;
  readonly admin: SubscriberAdmin;
  readonly log: Logger;
}

/** Who is subscribed to what: subscribe, unsubscribe, list. */
export function subscriptionRoutes(
  router: IRouter,
  { subscriptions, admin, log }: SubscriptionRoutesDeps,
): void {
  const readBody = jsonBodyReader(MAX_BODY_BYTES);

  defineRoute(router, '/subscribe/:topic', {
    POST: async (req, res) => {
      const topic = topicParam(req);
      const { url: given, ...settings } = checkBody(SubscribeBody, await readBody(req, res));
      const url = parseSubscriberUrl(given);
      checkSubscribe(req, res, topic, admin.owned(url));
      const { isNew, credentials } = await admin.subscribe(topic, url, settings);
      audit(log, req, 'audit.subscribed', { topic, subscriber: url, is_new: isNew, settings });
      const message = isNew ? `Subscribed to ${topic}` : `Already subscribed to ${topic}`;
      res.status(isNew ? 201 : 200).json({ message, topic, url, ...credentials });
    },
  });

  defineRoute(router, '/unsubscribe/:topic', {
    POST: async (req, res) => {
      const topic = topicParam(req);
      const url = parseSubscriberUrl(checkBody(UnsubscribeBody, await readBody(req, res)).url);
      checkSubscriberAccess(req, res, admin.owned(url));
      if (!(await subscriptions.unsubscribe(topic, url))) {
        throw new HeraldError('subscription_not_found', `${url} is not subscribed to ${topic}`);
      }
      audit(log, req, 'audit.unsubscribed', { topic, subscriber: url });
      res.json({ message: `Unsubscribed from ${topic}`, topic, url });
    },
  });

  defineRoute(router, '/subscribers/:topic', {
    GET: (req, res) => {
      const topic = topicParam(req);
      checkTopicAccess(req, res, topic);
      res.json(subscriptions.subscribersOfKnown(topic));
    },
  });
}
