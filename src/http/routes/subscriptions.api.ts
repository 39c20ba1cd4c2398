import { EVENT_URL } from '../openapi/examples';
import { json, type Operation, SUBSCRIBER_ACCESS } from '../openapi/operation';
import { subscriberTokenHeader, topicPath } from '../openapi/parameters';
import { SubscribeAnswer, UnsubscribeAnswer } from '../openapi/schemas/server';
import { SubscriberUrls } from '../openapi/schemas/subscriber';
import { SubscribeBody, UnsubscribeBody } from './subscriptions';

const ALREADY = { message: 'Already subscribed to orders', topic: 'orders', url: EVENT_URL };
const NEW = {
  message: 'Subscribed to orders',
  topic: 'orders',
  url: EVENT_URL,
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  token: 'hrld_yLwNwqC7T2yEdTb3JvHcM8a0Yb8bq9vX1rD6m5sK4uE',
};

export const subscriptionOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/subscribe/:topic',
    id: 'subscribe',
    tag: 'subscriptions',
    summary: 'Subscribe a URL to a topic',
    description:
      'Idempotent. Settings can come along; they hold for the subscriber on all its topics. The first subscription of a URL answers its signing secret and its token, once. With `VERIFY_SUBSCRIBERS=on` a new URL is asked in this call whether it wants pushes. A subscriber that was disabled is enabled.',
    access: [{ bearer: ['subscribe:{topic}'] }],
    parameters: [topicPath, subscriberTokenHeader],
    body: { description: 'The URL, and settings.', content: json(SubscribeBody, { url: EVENT_URL }) },
    answers: {
      200: { description: 'It was subscribed already.', content: json(SubscribeAnswer, ALREADY) },
      201: { description: 'Subscribed.', content: json(SubscribeAnswer, NEW) },
    },
    errors: [
      'invalid_url',
      'too_many_subscriptions',
      'blocked_address',
      'verification_failed',
      'store_unavailable',
    ],
  },
  {
    method: 'post',
    path: '/unsubscribe/:topic',
    id: 'unsubscribe',
    tag: 'subscriptions',
    summary: 'End a subscription',
    description: 'It stays in the history, and the subscriber keeps its backlog, to be polled.',
    access: SUBSCRIBER_ACCESS,
    parameters: [topicPath],
    body: { description: 'The URL.', content: json(UnsubscribeBody, { url: EVENT_URL }) },
    answers: {
      200: {
        description: 'Ended.',
        content: json(UnsubscribeAnswer, {
          message: 'Unsubscribed from orders',
          topic: 'orders',
          url: EVENT_URL,
        }),
      },
    },
    errors: ['invalid_url', 'subscription_not_found', 'store_unavailable'],
  },
  {
    method: 'get',
    path: '/subscribers/:topic',
    id: 'listSubscribers',
    tag: 'subscriptions',
    summary: 'List the subscribers of a topic',
    access: [{ bearer: ['publish:{topic}'] }, { bearer: ['subscribe:{topic}'] }],
    parameters: [topicPath],
    answers: { 200: { description: 'Their URLs.', content: json(SubscriberUrls, [EVENT_URL]) } },
    errors: ['topic_not_found'],
  },
];
