import { z } from 'zod';
import type { EventName, Events } from '../../../events';
import { OUTCOMES } from '../../../model';
import {
  Count,
  DurationMs,
  HttpStatus,
  MessageId,
  OutcomeCode,
  State,
  SubscriberUrl,
  Text,
  Timestamp,
  Topic,
} from './words';

const at = Timestamp;
const Data = {
  data: Text.meta({ description: 'The JSON text, up to 2,048 characters of it.' }),
  isTruncated: z.boolean(),
};

const subscriber = SubscriberUrl;

/** The `data` of each event, by the name in its `event:` line. */
const EventData = {
  'message.published': z.object({
    messageId: MessageId,
    topic: Topic,
    timestamp: Timestamp,
    dataBytes: Count,
    ...Data,
    delivered: Count,
    undelivered: Count,
    durationMs: DurationMs,
  }),
  'delivery.attempted': z.object({
    messageId: MessageId,
    topic: Topic,
    subscriber,
    outcome: OutcomeCode,
    status: HttpStatus.exactOptional(),
    durationMs: DurationMs,
    at,
  }),
  'subscriber.state_changed': z.object({ subscriber, from: State, to: State, at }),
  'subscription.created': z.object({ topic: Topic, subscriber, at }),
  'subscription.ended': z.object({ topic: Topic, subscriber, at }),
  'message.set_aside': z.object({ messageId: MessageId, subscriber, reason: Text, at }),
  'backlog.dropped': z.object({ subscriber, messages: Count, at }),
  'event.received': z.object({
    topic: Text.meta({ description: 'Empty when that cannot be told.' }),
    ...Data,
    at,
  }),
  'event.toggled': z.object({ accepting: z.boolean(), at }),
} satisfies { readonly [Name in EventName]: z.ZodType<Events[Name]> };

const Stats = z
  .object({
    publishesPerSecond: Count,
    deliveriesPerSecond: z.partialRecord(z.enum(OUTCOMES), Count),
    latencyMs: z.object({ p50: DurationMs, p95: DurationMs, p99: DurationMs }).nullable(),
    inFlight: Count.meta({ description: 'Pushes under way.' }),
  })
  .meta({ description: 'Once a second; has no `id`.' });

const Gap = z
  .object({ missed: Count.nullable() })
  .meta({ description: 'So many events are missing; `null`: it is not known how many.' });

/** One event of the stream: its name, and its `data` once parsed as JSON. */
export const TailEventShape = z
  .union(
    Object.entries({ ...EventData, stats: Stats, gap: Gap }).map(([name, data]) =>
      z.object({
        id: Text.exactOptional().meta({ description: 'For `Last-Event-ID`.' }),
        event: z.literal(name),
        data,
      }),
    ),
  )
  .meta({ id: 'TailEvent' });
