import type { IRouter } from 'express';
import { z } from 'zod';
import { parseSubscriberUrl } from '../../broker/subscriber-url';
import type { SubscriptionManager } from '../../broker/subscription-manager';
import { HeraldError } from '../../errors';
import { defineRoute } from '../define-route';
import { checkBody, jsonBodyReader } from '../json-body';
import { topicParam } from '../topic-param';

/** Room for a URL of 2,048 characters, each percent-encoded or escaped, and the fields around it. */
const MAX_BODY_BYTES = 65_536;

const SubscriptionBody = z.strictObject({ url: z.string("must be a text with the subscriber's URL") });

/** Who is subscribed to what: subscribe, unsubscribe, list. */
export function subscriptionRoutes(router: IRouter, subscriptions: SubscriptionManager): void {
  const readBody = jsonBodyReader(MAX_BODY_BYTES);

  defineRoute(router, '/subscribe/:topic', {
    POST: async (req, res) => {
      const topic = topicParam(req);
      const url = parseSubscriberUrl(checkBody(SubscriptionBody, await readBody(req, res)).url);
      const isNew = await subscriptions.subscribe(topic, url);
      const message = isNew ? `Subscribed to ${topic}` : `Already subscribed to ${topic}`;
      res.status(isNew ? 201 : 200).json({ message, topic, url });
    },
  });

  defineRoute(router, '/unsubscribe/:topic', {
    POST: async (req, res) => {
      const topic = topicParam(req);
      const url = parseSubscriberUrl(checkBody(SubscriptionBody, await readBody(req, res)).url);
      if (!(await subscriptions.unsubscribe(topic, url))) {
        throw new HeraldError('subscription_not_found', `${url} is not subscribed to ${topic}`);
      }
      res.json({ message: `Unsubscribed from ${topic}`, topic, url });
    },
  });

  defineRoute(router, '/subscribers/:topic', {
    GET: (req, res) => {
      const subscribers = subscriptions.subscribersOf(topicParam(req));
      if (subscribers.length === 0) {
        throw new HeraldError(
          'topic_not_found',
          'Topic either does not exist or has no subscribed endpoints',
        );
      }
      res.json(subscribers);
    },
  });
}
