import { z } from 'zod';
import { Note, SubscriberUrl, Topic } from './words';

export const SubscribeAnswer = z
  .object({
    message: Note,
    topic: Topic,
    url: SubscriberUrl,
    secret: z
      .string()
      .regex(/^whsec_/)
      .exactOptional()
      .meta({ description: 'Verifies pushes. Shown once, with the first subscription of this URL.' }),
    token: z
      .string()
      .regex(/^hrld_/)
      .exactOptional()
      .meta({ description: 'Opens the routes of this subscriber. Shown once, beside `secret`.' }),
  })
  .meta({ id: 'SubscribeAnswer' });

export const UnsubscribeAnswer = z.object({ message: Note, topic: Topic, url: SubscriberUrl });

export const SecretAnswer = z.object({
  message: Note,
  url: SubscriberUrl,
  secret: z
    .string()
    .regex(/^whsec_/)
    .meta({ description: 'The old one signs along for 24 hours.' }),
});

export const EventReceived = z.object({ message: Note });

export const Toggled = z.object({
  message: Note,
  accepting: z.boolean().meta({ description: 'Whether `POST /event` takes pushes now.' }),
});

export const Alive = z.object({ status: z.literal('ok') });

export const Ready = z.object({ status: z.literal('ready') });

export const OpenApi = z
  .looseObject({ openapi: z.literal('3.1.1'), info: z.looseObject({}), paths: z.looseObject({}) })
  .meta({ description: 'This document.' });

export const Page = z.string();
