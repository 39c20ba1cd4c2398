import { z } from 'zod';
import { OUTCOMES } from '../../model';
import { EVENT_URL, SUBSCRIBER, TIMESTAMP } from '../openapi/examples';
import { ADMIN_ACCESS, json, type Operation } from '../openapi/operation';
import { lastEventId } from '../openapi/parameters';
import { OverviewAnswer } from '../openapi/schemas/subscriber';
import { TailEventShape } from '../openapi/schemas/tail';
import { Text } from '../openapi/schemas/words';

const EVENTS = `id: 5f1c9e-1
event: subscription.created
data: ${JSON.stringify({ topic: 'orders', subscriber: EVENT_URL, at: TIMESTAMP })}

`;

export const watchingOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/overview',
    id: 'getOverview',
    tag: 'watching',
    summary: 'See everything at a glance',
    description: 'At most 500 topics and 500 subscribers. It is taken anew four times a second at most.',
    access: ADMIN_ACCESS,
    answers: {
      200: {
        description: 'Topics and subscribers.',
        content: json(OverviewAnswer, {
          version: '0.1.0',
          startedAt: TIMESTAMP,
          builtIn: { url: EVENT_URL, accepting: true },
          topics: [{ topic: 'orders', subscribers: [EVENT_URL] }],
          subscribers: [{ ...SUBSCRIBER, oldestPendingAt: null }],
          hasMore: false,
        }),
      },
    },
    errors: ['store_unavailable'],
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'watching',
    summary: 'See what happens in numbers',
    description: 'For Prometheus. No label names a subscriber unless METRICS_PER_SUBSCRIBER is on.',
    access: ADMIN_ACCESS,
    answers: {
      200: {
        description: 'The metrics, in the text format of Prometheus.',
        content: { 'text/plain': { schema: Text, example: 'herald_ready 1\n' } },
      },
    },
  },
  {
    method: 'get',
    path: '/tail',
    id: 'tail',
    tag: 'watching',
    summary: 'See what happens, as it happens',
    description:
      'Server-sent events until the reader leaves. An event that lacks the field which a filter asks for is left out. A comment every 15 seconds keeps the connection alive. A reader that lets more than 1 MiB pile up is cut off.',
    access: ADMIN_ACCESS,
    parameters: [
      {
        name: 'topic',
        in: 'query',
        allowEmptyValue: true,
        description: 'Only events of this topic; with `*` at the end, of all that begin so.',
        schema: Text,
        example: 'orders*',
      },
      {
        name: 'subscriber',
        in: 'query',
        allowEmptyValue: true,
        description: 'Only events of the subscriber with this URL.',
        schema: z.string().meta({ format: 'uri' }),
      },
      {
        name: 'outcome',
        in: 'query',
        allowEmptyValue: true,
        description: 'Only deliveries that came to this.',
        schema: z.enum(OUTCOMES),
      },
      lastEventId,
    ],
    answers: {
      200: {
        description: 'The stream.',
        content: { 'text/event-stream': { schema: Text, itemSchema: TailEventShape, example: EVENTS } },
      },
    },
    errors: ['invalid_query', 'invalid_url', 'too_many_tails'],
  },
];
