import { EVENT_URL, MESSAGE, MESSAGE_ID, SETTINGS, SUBSCRIBER, TIMESTAMP } from '../openapi/examples';
import { json, type Operation, SUBSCRIBER_ACCESS } from '../openapi/operation';
import { cursorQuery, integerQuery, urlQuery } from '../openapi/parameters';
import { Purged, ReplayAnswer } from '../openapi/schemas/publish';
import { SecretAnswer } from '../openapi/schemas/server';
import { AckAnswer, MessagePage, SubscriberAnswer } from '../openapi/schemas/subscriber';
import { SettingsBody } from '../settings-schema';
import { AckBody, LIMIT, ReplayBody, WAIT } from './subscriber';

const DESCRIBED = { ...SUBSCRIBER, oldestPending: null };

/** What all routes of one subscriber have in common. */
const OF_SUBSCRIBER = { tag: 'subscriber', access: SUBSCRIBER_ACCESS, parameters: [urlQuery] } as const;

export const subscriberOperations: readonly Operation[] = [
  {
    ...OF_SUBSCRIBER,
    method: 'get',
    path: '/subscriber',
    id: 'getSubscriber',
    summary: 'See how a subscriber is',
    answers: {
      200: { description: 'All that is known of it.', content: json(SubscriberAnswer, DESCRIBED) },
    },
    errors: ['subscriber_not_found', 'store_unavailable'],
  },
  {
    ...OF_SUBSCRIBER,
    method: 'patch',
    path: '/subscriber',
    id: 'changeSubscriber',
    summary: "Change a subscriber's settings, pause or resume it",
    description:
      'What is left out stays as it is. From `poll` to `push` the subscriber is asked as a new one is.',
    body: { description: 'At least one setting.', content: json(SettingsBody, { paused: true }) },
    answers: {
      200: {
        description: 'How it is now.',
        content: json(SubscriberAnswer, {
          ...DESCRIBED,
          state: 'paused',
          settings: { ...SETTINGS, paused: true },
        }),
      },
    },
    errors: ['subscriber_not_found', 'blocked_address', 'verification_failed', 'store_unavailable'],
  },
  {
    ...OF_SUBSCRIBER,
    method: 'get',
    path: '/subscriber/messages',
    id: 'pollMessages',
    summary: "Read a subscriber's backlog",
    description: 'In timestamp order, without marking anything. Say what was taken with `/subscriber/ack`.',
    parameters: [
      urlQuery,
      integerQuery('limit', 'How many messages at most.', LIMIT),
      cursorQuery('after', 'Go on behind the page with this `cursor`.'),
      integerQuery('wait', 'Seconds to wait for a message when there is none.', WAIT),
    ],
    answers: {
      200: {
        description: 'A page, which may be empty.',
        content: json(MessagePage, { messages: [MESSAGE], cursor: TIMESTAMP, hasMore: false }),
      },
    },
    errors: ['invalid_cursor', 'store_unavailable'],
  },
  {
    ...OF_SUBSCRIBER,
    method: 'delete',
    path: '/subscriber/messages',
    id: 'purgeMessages',
    summary: "Delete a subscriber's backlog",
    parameters: [urlQuery, cursorQuery('before', 'Only what is before this `cursor`.')],
    answers: { 200: { description: 'Deleted.', content: json(Purged, { purged: 2 }) } },
    errors: ['invalid_cursor', 'store_unavailable'],
  },
  {
    ...OF_SUBSCRIBER,
    method: 'post',
    path: '/subscriber/ack',
    id: 'ackMessages',
    summary: 'Mark messages received',
    description: 'What is acked is not pushed any more.',
    body: {
      description: 'All up to a cursor, or single messages by their ids.',
      content: json(AckBody, { upTo: TIMESTAMP }),
    },
    answers: { 200: { description: 'Marked.', content: json(AckAnswer, { acked: 1, unknown: [] }) } },
    errors: ['invalid_cursor', 'store_unavailable'],
  },
  {
    ...OF_SUBSCRIBER,
    method: 'post',
    path: '/subscriber/replay',
    id: 'replayMessage',
    summary: 'Push one message of the backlog now, out of turn',
    description:
      'Also one that was set aside, and whatever state the subscriber is in. One that only polls gets no push: `poll_only`.',
    body: { description: "The message's id.", content: json(ReplayBody, { id: MESSAGE_ID }) },
    answers: {
      200: {
        description: 'What came of it.',
        content: json(ReplayAnswer, { outcome: 'delivered', status: 200, durationMs: 12, received: true }),
      },
    },
    errors: ['message_not_found', 'store_unavailable'],
  },
  {
    ...OF_SUBSCRIBER,
    method: 'post',
    path: '/subscriber/secret',
    id: 'rotateSecret',
    summary: 'Get a new signing secret',
    description: 'The old one signs along for 24 hours.',
    answers: {
      200: {
        description: 'The new secret, shown once.',
        content: json(SecretAnswer, {
          message: 'Verify with both secrets for 24 hours; then the old one is gone',
          url: EVENT_URL,
          secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        }),
      },
    },
    errors: ['subscriber_not_found', 'store_unavailable'],
  },
];
