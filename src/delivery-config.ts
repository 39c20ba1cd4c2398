import { z } from 'zod';
import { type ConfigRule, wholeNumber } from './config-values';
import { RETRY_DEFAULTS, type RetrySettings } from './delivery/retry-policy';
import type { SubscriberSettings } from './model';
import { SETTINGS_DEFAULTS } from './broker/subscriber-settings';

/** How messages are pushed, retried and kept. */
export interface DeliveryConfig {
  readonly retry: RetrySettings;
  /** Pushes under way over all subscribers. */
  readonly maxPushesInFlight: number;
  /** What holds for a subscriber that set nothing. */
  readonly subscriberDefaults: SubscriberSettings;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const delayList = z
  .string()
  .regex(/^\d{1,9}(\s*,\s*\d{1,9})*$/, 'must be milliseconds, separated by commas')
  .transform((text) => text.split(',').map(Number));

/** One entry per variable in .env.example, in the same order. */
export const DELIVERY_VARIABLES = {
  MAX_PUSHES_IN_FLIGHT: wholeNumber(1, 100_000).default(1024),
  SUBSCRIBER_MAX_IN_FLIGHT: wholeNumber(1, 1024).default(SETTINGS_DEFAULTS.maxInFlight),
  BACKLOG_MAX_MESSAGES: wholeNumber(1, 100_000_000).default(SETTINGS_DEFAULTS.backlog.maxMessages),
  CIRCUIT_FAILURES: wholeNumber(1, 1000).default(RETRY_DEFAULTS.failureThreshold),
  RETRY_FIRST_DELAY_MS: wholeNumber(1, HOUR_MS).default(RETRY_DEFAULTS.firstDelayMs),
  RETRY_MAX_DELAY_MS: wholeNumber(1, DAY_MS).default(RETRY_DEFAULTS.maxDelayMs),
  RETRY_JITTER_PERCENT: wholeNumber(0, 100).default(RETRY_DEFAULTS.jitter * 100),
  RETRY_AFTER_MAX_MS: wholeNumber(0, DAY_MS).default(RETRY_DEFAULTS.maxRetryAfterMs),
  REFUSED_RETRY_DELAYS_MS: delayList.default([...RETRY_DEFAULTS.messageDelaysMs]),
  DISABLE_AFTER_HOURS: wholeNumber(1, 87_600).default(RETRY_DEFAULTS.disableAfterMs / HOUR_MS),
  DISABLE_AFTER_PROBES: wholeNumber(1, 1_000_000).default(RETRY_DEFAULTS.disableAfterProbes),
};

type DeliveryValues = z.output<z.ZodObject<typeof DELIVERY_VARIABLES>>;

export const DELIVERY_RULES: readonly ConfigRule<DeliveryValues>[] = [
  {
    variable: 'RETRY_MAX_DELAY_MS',
    reads: ['RETRY_FIRST_DELAY_MS', 'RETRY_MAX_DELAY_MS'],
    faultOf: ({ RETRY_FIRST_DELAY_MS: first, RETRY_MAX_DELAY_MS: max }) =>
      max >= first ? null : `must be RETRY_FIRST_DELAY_MS (${first}) or more`,
  },
];

/** @param backlogRetentionMs how long a message waits for a subscriber that sets nothing else */
export function deliveryConfig(values: DeliveryValues, backlogRetentionMs: number): DeliveryConfig {
  return {
    retry: {
      failureThreshold: values.CIRCUIT_FAILURES,
      firstDelayMs: values.RETRY_FIRST_DELAY_MS,
      maxDelayMs: values.RETRY_MAX_DELAY_MS,
      jitter: values.RETRY_JITTER_PERCENT / 100,
      maxRetryAfterMs: values.RETRY_AFTER_MAX_MS,
      messageDelaysMs: values.REFUSED_RETRY_DELAYS_MS,
      disableAfterMs: values.DISABLE_AFTER_HOURS * HOUR_MS,
      disableAfterProbes: values.DISABLE_AFTER_PROBES,
    },
    maxPushesInFlight: values.MAX_PUSHES_IN_FLIGHT,
    subscriberDefaults: {
      ...SETTINGS_DEFAULTS,
      maxInFlight: values.SUBSCRIBER_MAX_IN_FLIGHT,
      backlog: {
        ...SETTINGS_DEFAULTS.backlog,
        maxMessages: values.BACKLOG_MAX_MESSAGES,
        maxAgeSeconds: backlogRetentionMs / 1000,
      },
    },
  };
}
