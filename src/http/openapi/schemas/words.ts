import { z } from 'zod';
import { MAX_URL_CHARACTERS } from '../../../broker/subscriber-url';
import { TOPIC } from '../../../broker/topic';
import { OUTCOMES, type QueueState } from '../../../model';

/** The words that all answers share. */

export const Timestamp = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}\+00:00$/)
  .meta({
    id: 'Timestamp',
    description: 'UTC, ISO 8601, always with six fraction digits and `+00:00`, so that it sorts as text.',
    format: 'date-time',
  });

export const MessageId = z
  .string()
  .regex(/^msg_[0-9a-f]{32}$/)
  .meta({
    id: 'MessageId',
    description: 'The same on every attempt, and when polled: dedupe on it.',
  });

export const Topic = z.string().regex(TOPIC).meta({
  id: 'Topic',
  description:
    '1 to 256 letters, digits and `. _ ~ : @ + -`, but not `.` or `..`. White space around it is ignored.',
});

export const SubscriberUrl = z
  .string()
  .regex(/^https?:\/\//)
  .max(MAX_URL_CHARACTERS)
  .meta({
    id: 'SubscriberUrl',
    description: "The subscriber's URL in its normal form (WHATWG URL), without a fragment.",
    format: 'uri',
  });

export const Cursor = z.string().meta({
  id: 'Cursor',
  description: 'A place in a backlog, as an earlier page answered it. Do not make one yourself.',
});

export const OutcomeCode = z.enum(OUTCOMES).meta({
  id: 'Outcome',
  description: 'What a delivery came to. The README says what each means.',
});

export const State = z.enum(['live', 'draining', 'offline', 'paused', 'disabled', 'poll']).meta({
  id: 'SubscriberState',
  description: 'How the subscriber is served now. The README says what each means.',
}) satisfies z.ZodType<QueueState>;

export const HttpStatus = z.int().min(100).max(599);

export const DurationMs = z.number().min(0).meta({ description: 'Milliseconds.' });

export const Count = z.int().min(0);

/** Any JSON value. */
export const AnyJson = z.unknown().meta({ description: 'It is passed on byte for byte.' });

export const Text = z.string();

/** A message for a person. */
export const Note = z.string().meta({ description: 'For a person; may be reworded.' });
