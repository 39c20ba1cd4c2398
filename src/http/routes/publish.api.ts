import { JSON_LINES_TYPE } from '../json-lines';
import { DELIVERED, MESSAGE_ID, TIMESTAMP, UNDELIVERED } from '../openapi/examples';
import { json, type Operation } from '../openapi/operation';
import { PUBLISH_HEADERS, topicPath } from '../openapi/parameters';
import { LineFault } from '../openapi/schemas/errors';
import { PublishAnswer, PublishedLine, PublishLost } from '../openapi/schemas/publish';
import { AnyJson, Text } from '../openapi/schemas/words';

const RESULT = { id: MESSAGE_ID, topic: 'orders', timestamp: TIMESTAMP };
const ALL = {
  message: 'The subscriber received the message',
  ...RESULT,
  delivered: [DELIVERED],
  undelivered: [],
};
const SOME = {
  message: '1 of 2 subscribers did not receive the message; it is stored for them',
  ...RESULT,
  delivered: [DELIVERED],
  undelivered: [UNDELIVERED],
};
const LOST = {
  message:
    '1 of 1 subscribers did not receive the message, and for 1 of them it could not be stored; publish it again',
  code: 'store_unavailable' as const,
  ...RESULT,
  delivered: [],
  undelivered: [{ url: UNDELIVERED.url, outcome: 'store_failed' as const, stored: false }],
};
const LINES = `${JSON.stringify({ status: 200, ...ALL })}\n`;

const LINES_ANSWER = {
  [JSON_LINES_TYPE]: { schema: Text, itemSchema: PublishedLine.or(LineFault), example: LINES },
};

export const publishOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/publish/:topic',
    id: 'publish',
    tag: 'publishing',
    summary: 'Publish a message, or a batch of them',
    description:
      'Pushes the message to all subscribers of the topic at once, stores it for those who did not receive it, and answers what became of it at each. A 2xx answer means that every subscriber has the message, or its copy is on disk.\n\nWith `Content-Type: application/x-ndjson` each line is a message, up to 1,000 of them and 16 MiB; the answer has a line for each, in order, as soon as it is known.',
    access: [{ bearer: ['publish:{topic}'] }],
    parameters: [topicPath, ...PUBLISH_HEADERS],
    body: {
      description: 'The message: any JSON of at most `MAX_MESSAGE_BYTES`, 262,144 unless configured.',
      content: {
        'application/json': { schema: AnyJson, example: { order: 4711 } },
        [JSON_LINES_TYPE]: {
          schema: Text,
          itemSchema: AnyJson,
          example: '{"order": 4711}\n{"order": 4712}\n',
        },
      },
    },
    answers: {
      200: {
        description:
          'All subscribers received the message. Of a batch: the answer to each line, with its status.',
        content: { ...json(PublishAnswer, ALL), ...LINES_ANSWER },
        headers: ['Preference-Applied', 'Idempotency-Replayed'],
      },
      202: {
        description: 'Some did not receive it; their copies are stored, or dropped by their own limits.',
        content: json(PublishAnswer, SOME),
        headers: ['Preference-Applied', 'Idempotency-Replayed'],
      },
      503: {
        description: 'For some it is lost: neither received nor stored. Publish again.',
        content: json(PublishLost, LOST),
        headers: ['Preference-Applied', 'Idempotency-Replayed'],
      },
    },
    errors: [
      'invalid_header',
      'topic_not_found',
      'idempotency_key_reused',
      'batch_too_large',
      'too_many_hops',
      'store_unavailable',
      'overloaded',
    ],
  },
];
