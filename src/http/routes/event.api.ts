import { EVENT_URL, MESSAGE } from '../openapi/examples';
import { ADMIN_ACCESS, json, type Operation } from '../openapi/operation';
import { PUSH_HEADERS } from '../openapi/parameters';
import { AnyJson } from '../openapi/schemas/words';
import { EventReceived, Toggled } from '../openapi/schemas/server';
import { WaitingMessages } from '../openapi/schemas/subscriber';

const TOGGLED = { message: 'POST /event is now off: it answers 503', accepting: false };

const toggle = (method: 'get' | 'post'): Operation => ({
  method,
  path: '/toggle_post_event',
  id: method === 'get' ? 'toggleEvent' : 'toggleEventByPost',
  tag: 'event',
  summary: 'Take `POST /event` offline, and back',
  description: 'To act out a subscriber that goes away. It starts online. `HEAD` changes nothing.',
  access: ADMIN_ACCESS,
  answers: { 200: { description: 'How it is now.', content: json(Toggled, TOGGLED) } },
});

export const eventOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/event',
    id: 'pollEvent',
    tag: 'event',
    summary: 'Fetch what the built-in subscriber missed',
    description:
      'Oldest first, at most 1,000 messages. They are marked received once the whole answer was written out. `HEAD` fetches nothing.',
    access: [{ bearer: [`poll:${EVENT_URL}`] }],
    answers: {
      200: {
        description: 'What waited.',
        content: json(WaitingMessages, {
          messages: [MESSAGE],
          hasMore: false,
          message: '1 message was waiting',
        }),
      },
    },
    errors: ['store_unavailable'],
  },
  {
    method: 'post',
    path: '/event',
    id: 'receiveEvent',
    tag: 'event',
    summary: 'Receive a push, and print it',
    description: 'The server itself sends here. With `AUTH=jwt` only signed pushes are taken.',
    access: [{ signedPush: [] }],
    parameters: PUSH_HEADERS,
    body: {
      description: 'A push: `{"id", "topic", "timestamp", "data"}`. Other JSON is taken and printed, too.',
      content: { 'application/json': { schema: AnyJson, example: MESSAGE } },
    },
    answers: {
      200: { description: 'Received.', content: json(EventReceived, { message: 'Event received' }) },
    },
    errors: ['event_toggled_off'],
  },
  {
    method: 'options',
    path: '/event',
    id: 'consentToPushes',
    tag: 'event',
    summary: 'Consent to pushes',
    description:
      'Answers whoever asks by `WebHook-Request-Origin` that it may push (CloudEvents HTTP webhook, section 4).',
    access: [],
    answers: {
      204: {
        description: 'It may.',
        headers: ['WebHook-Allowed-Origin', 'WebHook-Allowed-Rate'],
      },
    },
  },
  toggle('get'),
  toggle('post'),
];
