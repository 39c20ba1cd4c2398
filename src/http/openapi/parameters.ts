import { z } from 'zod';
import { IDEMPOTENCY_KEY } from '../prefer';
import type { Parameter } from './operation';
import { Cursor, Text, Topic } from './schemas/words';

/** Parameters that several routes have, or that are long to describe. */

export const topicPath: Parameter = {
  name: 'topic',
  in: 'path',
  description: 'The topic, percent-encoded where it has to be.',
  schema: Topic,
  required: true,
  example: 'orders',
};

export const urlQuery: Parameter = {
  name: 'url',
  in: 'query',
  description: "The subscriber's URL, percent-encoded.",
  schema: z.string().meta({ format: 'uri' }),
  required: true,
  example: 'http://localhost:8000/event',
};

/** @param bounds what `queryInteger` is given */
export function integerQuery(
  name: string,
  description: string,
  { min, max, otherwise }: { readonly min: number; readonly max: number; readonly otherwise: number },
): Parameter {
  const schema = z.int().min(min).max(max).meta({ default: otherwise });
  return { name, in: 'query', description, schema, example: otherwise };
}

export function cursorQuery(name: string, description: string): Parameter {
  return { name, in: 'query', description, schema: Cursor };
}

const IN_QUOTES_OR_BARE = new RegExp(`^("${inner(IDEMPOTENCY_KEY)}"|${inner(IDEMPOTENCY_KEY)})$`);

function inner({ source }: RegExp): string {
  return source.slice(1, -1);
}

/** What a publish can carry in its headers. */
export const PUBLISH_HEADERS: readonly Parameter[] = [
  {
    name: 'Prefer',
    in: 'header',
    description:
      '`respond-async`: answer as soon as the message is stored for every subscriber, and push it right after. `wait=N`: wait at most N seconds for outcomes. What is not known is ignored (RFC 7240).',
    schema: Text,
    example: 'wait=3',
  },
  {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes it safe to repeat a publish: for 24 hours the same key and body on the same topic is the same message, pushed once (again if the server died before it had answered). In a batch it stands for each line by its number.',
    schema: z.string().regex(IN_QUOTES_OR_BARE),
    example: 'order-4711',
  },
  {
    name: 'traceparent',
    in: 'header',
    description:
      'W3C Trace Context; goes on unchanged with the pushes made while the publish is under way. A malformed one counts as none.',
    schema: Text,
    example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
  {
    name: 'tracestate',
    in: 'header',
    description: 'Goes with `traceparent`.',
    schema: Text,
    example: 'vendor=value',
  },
  {
    name: 'Herald-Hops',
    in: 'header',
    description:
      'How many servers of this kind the message has passed; send on the one of the push that you publish again. More than 5 are refused.',
    schema: z.string().regex(/^\d{1,3}$/),
    example: '1',
  },
];

/** What a push carries in its headers (Standard Webhooks). */
export const PUSH_HEADERS: readonly Parameter[] = [
  {
    name: 'webhook-id',
    in: 'header',
    description: "The message's id.",
    schema: Text,
  },
  {
    name: 'webhook-timestamp',
    in: 'header',
    description: 'Unix time of this attempt, in seconds.',
    schema: Text,
  },
  {
    name: 'webhook-signature',
    in: 'header',
    description: 'Over id, time and body; checked with `AUTH=jwt`.',
    schema: Text,
  },
];

export const subscriberTokenHeader: Parameter = {
  name: 'Herald-Subscriber-Token',
  in: 'header',
  description: "The subscriber's own token, to subscribe a URL that is subscribed already to another topic.",
  schema: Text,
};

export const lastEventId: Parameter = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'The `id` of the last event that the reader has; what it missed comes first.',
  schema: Text,
};

/** Every route takes it. */
export const REQUEST_ID: Parameter = {
  name: 'X-Request-Id',
  in: 'header',
  description:
    'Answered as it came when it is 1 to 128 visible ASCII characters; else a new one is made. It stands in the log.',
  schema: Text,
};
