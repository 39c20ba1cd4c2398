import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SettingsChange, SubscriberSettings } from '../client';
import { wholeNumber } from './context';

/** The options that set a subscriber's settings. */
export interface SettingsOptions {
  readonly delivery?: SubscriberSettings['delivery'];
  readonly redelivery?: boolean;
  readonly maxInFlight?: number;
  readonly maxPerSecond?: number | 'none';
  readonly maxMessages?: number;
  readonly maxAge?: number;
  readonly overflow?: SubscriberSettings['backlog']['overflow'];
  readonly paused?: boolean;
}

/** Adds what SettingsOptions are, and returns the command. */
export function withSettingsOptions(command: Command): Command {
  return command
    .addOption(new Option('--delivery <how>', 'poll: never pushed, only stored').choices(['push', 'poll']))
    .option('--redelivery', 'push again what a push missed')
    .option('--no-redelivery', 'push each message once; what that missed is only polled')
    .option('--max-in-flight <n>', 'pushes under way at once', wholeNumber(1, 1024))
    .option('--max-per-second <n>', 'pushes per second; none: as many as come', rate)
    .option('--max-messages <n>', 'messages that wait at most', wholeNumber(1, 100_000_000))
    .option('--max-age <seconds>', 'how long a message waits', wholeNumber(1, 315_360_000))
    .addOption(
      new Option('--overflow <what>', 'what goes when too many wait').choices(['drop_oldest', 'drop_newest']),
    )
    .option('--paused', 'push nothing for now')
    .option('--no-paused', 'push again');
}

/** Only what was asked for is set; the rest of a known subscriber's settings stays. */
export function settingsOf(options: SettingsOptions): SettingsChange {
  const { delivery, redelivery, maxInFlight, maxPerSecond, paused } = options;
  const { maxMessages, maxAge: maxAgeSeconds, overflow } = options;
  const backlog = withoutUndefined({ maxMessages, maxAgeSeconds, overflow });
  return {
    ...withoutUndefined({ delivery, redelivery, maxInFlight, paused }),
    ...(maxPerSecond !== undefined && { maxPerSecond: maxPerSecond === 'none' ? null : maxPerSecond }),
    ...(Object.keys(backlog).length > 0 && { backlog }),
  };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function rate(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 100_000) return value;
  throw new InvalidArgumentError('It must be a number above 0, at most 100000, or none.');
}
