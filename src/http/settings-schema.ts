import { z } from 'zod';

const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int(error).min(min, error).max(max, error);
};

/** What a subscriber can set; what is left out stays as it is. */
export const SettingsFields = {
  delivery: z.enum(['push', 'poll'], 'must be "push" or "poll"').exactOptional(),
  redelivery: z.boolean('must be true or false').exactOptional(),
  maxInFlight: wholeNumber(1, 1024).exactOptional(),
  maxPerSecond: z
    .number('must be a number, or null for no limit')
    .positive('must be more than 0')
    .max(100_000, 'must be at most 100000')
    .nullable()
    .exactOptional(),
  backlog: z
    .strictObject({
      maxMessages: wholeNumber(1, 100_000_000).exactOptional(),
      maxAgeSeconds: wholeNumber(1, 315_360_000).exactOptional(),
      overflow: z
        .enum(['drop_oldest', 'drop_newest'], 'must be "drop_oldest" or "drop_newest"')
        .exactOptional(),
    })
    .exactOptional(),
  paused: z.boolean('must be true or false').exactOptional(),
};

/** The body that changes settings. */
export const SettingsBody = z
  .strictObject(SettingsFields)
  .refine((settings) => Object.keys(settings).length > 0, 'must hold at least one setting');
