import { z } from 'zod';
import type { Delivered, PublishResult, Undelivered } from '../../../broker/publish-result';
import { OUTCOMES } from '../../../model';
import { Count, DurationMs, HttpStatus, MessageId, Note, SubscriberUrl, Timestamp, Topic } from './words';

const UNDELIVERED = OUTCOMES.filter((it): it is Undelivered['outcome'] => it !== 'delivered');

const DeliveredTo = z
  .object({ url: SubscriberUrl, status: HttpStatus, durationMs: DurationMs })
  .meta({ id: 'Delivered' }) satisfies z.ZodType<Delivered>;

const UndeliveredTo = z
  .object({
    url: SubscriberUrl,
    outcome: z.enum(UNDELIVERED as [Undelivered['outcome'], ...Undelivered['outcome'][]]),
    status: HttpStatus.exactOptional().meta({ description: 'What it answered, when it answered.' }),
    stored: z.boolean().meta({ description: 'Whether its copy is durably in its backlog.' }),
    dropped: z
      .int()
      .min(1)
      .exactOptional()
      .meta({ description: 'Messages that its backlog limit cost; when `stored` is false, this one.' }),
  })
  .meta({ id: 'Undelivered' }) satisfies z.ZodType<Undelivered>;

const ResultFields = {
  id: MessageId,
  topic: Topic,
  timestamp: Timestamp,
  delivered: z.array(DeliveredTo),
  undelivered: z.array(UndeliveredTo),
};

/** What a publish is answered. */
export const PublishAnswer = z
  .object({ message: Note, ...ResultFields })
  .meta({ id: 'PublishAnswer' }) satisfies z.ZodType<PublishResult>;

/** What a publish is answered that could not be stored for everybody. */
export const PublishLost = z
  .object({ message: Note, code: z.literal('store_unavailable'), ...ResultFields })
  .meta({ id: 'PublishLost', description: 'For some, `"stored": false`: publish again.' });

/** One line of the answer to a batch. */
export const PublishedLine = z
  .object({
    status: z.union([z.literal(200), z.literal(202), z.literal(503)]),
    message: Note,
    code: z.literal('store_unavailable').exactOptional(),
    ...ResultFields,
  })
  .meta({ id: 'PublishedLine' });

export const ReplayAnswer = z
  .object({
    outcome: z.enum(OUTCOMES),
    status: HttpStatus.exactOptional(),
    durationMs: DurationMs,
    received: z.boolean().meta({ description: 'Whether it is marked received now.' }),
  })
  .meta({ id: 'ReplayAnswer' });

export const Purged = z.object({ purged: Count.meta({ description: 'Messages that were deleted.' }) });
