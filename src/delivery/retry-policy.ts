import type { PushResult } from './push-client';

/** When and how often what failed is tried again. */
export interface RetrySettings {
  /** Consecutive failures that open a subscriber's circuit. */
  readonly failureThreshold: number;
  /** The pause before a retry, and before the first probe after the circuit opened; then it doubles … */
  readonly firstDelayMs: number;
  /** … up to this. */
  readonly maxDelayMs: number;
  /** Each pause is longer or shorter by up to this share of it. */
  readonly jitter: number;
  /** A `Retry-After` counts for this long at most. */
  readonly maxRetryAfterMs: number;
  /** The pauses before a message that the subscriber refuses is tried again; after the last try it is set aside. */
  readonly messageDelaysMs: readonly number[];
  /** A subscriber is disabled after this long without a success … */
  readonly disableAfterMs: number;
  /** … and after this many probes. */
  readonly disableAfterProbes: number;
}

export const RETRY_DEFAULTS: RetrySettings = {
  failureThreshold: 5,
  firstDelayMs: 1000,
  maxDelayMs: 900_000,
  jitter: 0.2,
  maxRetryAfterMs: 3_600_000,
  messageDelaysMs: [5000, 30_000],
  disableAfterMs: 5 * 86_400_000,
  disableAfterProbes: 20,
};

/**
 * What an attempt says about its subscriber: it received the message; it is in trouble; it works and refuses this
 * message; it is gone for good.
 */
export type Verdict = 'received' | 'trouble' | 'refused' | 'gone';

/** 4xx statuses that speak of the moment, not of the message. */
const TROUBLE_STATUSES: readonly number[] = [408, 425, 429];

export function verdictOf({ outcome, status = 0 }: Pick<PushResult, 'outcome' | 'status'>): Verdict {
  if (outcome === 'delivered') return 'received';
  if (outcome !== 'http_status' || status >= 500 || TROUBLE_STATUSES.includes(status)) return 'trouble';
  return status === 410 ? 'gone' : 'refused';
}

/** Longer than this, a `Retry-After` is taken for a mistake. */
const ABSURD_MS = 366 * 86_400_000;

/**
 * How long a `Retry-After` (RFC 9110 §10.2.3: seconds or an HTTP date) asks to wait from `now`, in milliseconds, at
 * most `maxMs`. 0 when it is missing, malformed, past or absurd.
 */
export function retryAfterMs(header: string | undefined, now: number, maxMs: number): number {
  const text = header?.trim() ?? '';
  const wanted = /^\d+$/.test(text) ? Number(text) * 1000 : httpDateMs(text) - now;
  return wanted > 0 && wanted <= ABSURD_MS ? Math.min(wanted, maxMs) : 0;
}

/** `Sun Nov  6 08:49:37 1994`, the oldest of the three forms (RFC 9110 §5.6.7). */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** Only what begins with a day's name is an HTTP date; Date.parse takes a lot else. */
function httpDateMs(text: string): number {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*[ ,]/.test(text)) return NaN;
  // It names no zone, which Date.parse takes for the local one.
  return Date.parse(ASCTIME.test(text) ? `${text} GMT` : text);
}

/**
 * The pause after the latest of `failures` consecutive ones, in milliseconds.
 *
 * @param random uniform in [0, 1)
 */
export function retryDelayMs(
  settings: Pick<RetrySettings, 'failureThreshold' | 'firstDelayMs' | 'maxDelayMs' | 'jitter'>,
  failures: number,
  random: number,
): number {
  const doublings = Math.max(0, failures - settings.failureThreshold);
  const base = Math.min(settings.maxDelayMs, settings.firstDelayMs * 2 ** doublings);
  return Math.round(base * (1 + settings.jitter * (2 * random - 1)));
}
