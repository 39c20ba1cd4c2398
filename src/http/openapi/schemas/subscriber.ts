import { z } from 'zod';
import type { AckResult } from '../../../broker/backlog';
import type { OverviewResult } from '../../../broker/overview';
import type { SubscriberDescription } from '../../../broker/subscriber-admin';
import type { SubscriberSettings } from '../../../model';
import { SettingsFields } from '../../settings-schema';
import {
  Count,
  Cursor,
  HttpStatus,
  MessageId,
  Note,
  OutcomeCode,
  State,
  SubscriberUrl,
  Text,
  Timestamp,
  Topic,
} from './words';

const { delivery, redelivery, maxInFlight, maxPerSecond, backlog, paused } = SettingsFields;
const { maxMessages, maxAgeSeconds, overflow } = backlog.unwrap().shape;

/** The settings in force: the fields that can be set, each with its value. */
const Settings = z
  .object({
    delivery: delivery.unwrap(),
    redelivery: redelivery.unwrap(),
    maxInFlight: maxInFlight.unwrap(),
    maxPerSecond: maxPerSecond.unwrap(),
    backlog: z.object({
      maxMessages: maxMessages.unwrap(),
      maxAgeSeconds: maxAgeSeconds.unwrap(),
      overflow: overflow.unwrap(),
    }),
    paused: paused.unwrap(),
  })
  .meta({
    id: 'Settings',
    description: 'What is in force: what was set, and the defaults for the rest.',
  }) satisfies z.ZodType<SubscriberSettings>;

const DescriptionFields = {
  url: SubscriberUrl,
  topics: z.array(Topic),
  state: State,
  inFlight: Count.meta({ description: 'Pushes under way.' }),
  pending: Count.meta({ description: 'Messages in its backlog; expired ones count until they are deleted.' }),
  lastError: z
    .object({ outcome: OutcomeCode, status: HttpStatus.exactOptional(), at: Timestamp })
    .nullable()
    .meta({ description: 'The latest attempt that failed.' }),
  failingSince: Timestamp.nullable(),
  nextAttemptAt: Timestamp.nullable(),
  disabled: z.object({ at: Timestamp, reason: z.enum(['gone', 'unreachable']) }).nullable(),
  settings: Settings,
};

/** All that is known of one subscriber. */
export const SubscriberAnswer = z
  .object({
    ...DescriptionFields,
    oldestPending: z.object({ id: MessageId, topic: Topic, timestamp: Timestamp }).nullable(),
  })
  .meta({ id: 'Subscriber' }) satisfies z.ZodType<SubscriberDescription>;

const SubscriberOverview = z
  .object({ ...DescriptionFields, oldestPendingAt: Timestamp.nullable() })
  .meta({ id: 'SubscriberOverview' }) satisfies z.ZodType<OverviewResult['subscribers'][number]>;

export const OverviewAnswer = z
  .object({
    version: Text,
    startedAt: Timestamp,
    builtIn: z.object({ url: SubscriberUrl, accepting: z.boolean() }),
    topics: z.array(z.object({ topic: Topic, subscribers: z.array(SubscriberUrl) })),
    subscribers: z.array(SubscriberOverview).meta({
      description: 'Those in trouble first, then those with a backlog, then those that are paused or poll.',
    }),
    hasMore: z.boolean().meta({ description: 'Whether anything was left out.' }),
  })
  .meta({ id: 'Overview' }) satisfies z.ZodType<OverviewResult>;

const PolledMessage = z
  .object({
    id: MessageId,
    topic: Topic,
    timestamp: Timestamp,
    reason: Text.exactOptional().meta({
      description: 'Why it was set aside: it is not pushed any more. Absent for all others.',
    }),
    data: z.unknown().meta({ description: 'What was published, byte for byte.' }),
  })
  .meta({ id: 'PolledMessage' });

export const MessagePage = z
  .object({
    messages: z.array(PolledMessage).meta({ description: 'Oldest first.' }),
    cursor: Cursor.nullable().meta({ description: 'Where the page ends: for `after` and `upTo`.' }),
    hasMore: z.boolean(),
  })
  .meta({ id: 'MessagePage' });

export const WaitingMessages = z
  .object({ messages: z.array(PolledMessage), hasMore: z.boolean(), message: Note })
  .meta({ id: 'WaitingMessages' });

export const AckAnswer = z
  .object({
    acked: Count.meta({ description: 'How many messages this call marked received.' }),
    unknown: z.array(Text).meta({ description: 'Ids that name no pending message of the subscriber.' }),
  })
  .meta({ id: 'AckAnswer' }) satisfies z.ZodType<AckResult>;

export const SubscriberUrls = z.array(SubscriberUrl);
