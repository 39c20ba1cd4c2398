import { z } from 'zod';
import { SETTINGS_DEFAULTS } from '../broker/subscriber-settings';
import { MAX_PER_SECOND } from '../model';

const wholeNumber = (min: number, max: number, description: string) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int(error).min(min, error).max(max, error).meta({ description });
};

const { maxInFlight, backlog } = SETTINGS_DEFAULTS;

/** What a subscriber can set; what is left out stays as it is. */
export const SettingsFields = {
  delivery: z
    .enum(['push', 'poll'], 'must be "push" or "poll"')
    .meta({ description: '`poll`: never pushed, only stored. `push` unless set.' })
    .exactOptional(),
  redelivery: z
    .boolean('must be true or false')
    .meta({
      description:
        '`false`: each message is pushed once at most, but for a publish that is repeated after a crash of the server; what that missed is only polled. `true` unless set.',
    })
    .exactOptional(),
  maxInFlight: wholeNumber(1, 1024, `Pushes under way at once; ${maxInFlight} unless set.`).exactOptional(),
  maxPerSecond: z
    .number('must be a number, or null for no limit')
    .positive('must be more than 0')
    .max(MAX_PER_SECOND, `must be at most ${MAX_PER_SECOND}`)
    .nullable()
    .meta({ description: 'Pushes per second, evenly spaced; `null`, as it is unless set: no limit.' })
    .exactOptional(),
  backlog: z
    .strictObject(
      {
        maxMessages: wholeNumber(
          1,
          100_000_000,
          `Messages that wait at most; ${backlog.maxMessages} unless set.`,
        ).exactOptional(),
        maxAgeSeconds: wholeNumber(
          1,
          315_360_000,
          `How long a message that is stored from now on waits, in seconds; ${backlog.maxAgeSeconds} unless set.`,
        ).exactOptional(),
        overflow: z
          .enum(['drop_oldest', 'drop_newest'], 'must be "drop_oldest" or "drop_newest"')
          .meta({ description: `What goes when the backlog is full; \`${backlog.overflow}\` unless set.` })
          .exactOptional(),
      },
      'must be an object with settings',
    )
    .exactOptional(),
  paused: z
    .boolean('must be true or false')
    .meta({ description: '`true`: nothing is pushed until it is `false` again. `false` unless set.' })
    .exactOptional(),
};

/** The body that changes settings. */
export const SettingsBody = z
  .strictObject(SettingsFields)
  .refine((settings) => Object.keys(settings).length > 0, 'must hold at least one setting')
  .meta({ minProperties: 1 });
