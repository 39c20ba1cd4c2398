import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { CallerLimit, CallerLimits } from '../../security-config';

export interface LimiterOptions {
  readonly keyPrefix: string;
  readonly points: number;
  /** Seconds. */
  readonly duration: number;
}

/** Makes what counts; one with a shared store holds the limits over several servers. */
export type NewLimiter = (options: LimiterOptions) => RateLimiterAbstract;

/** One limit, and what counts for it. */
export interface Policy {
  readonly name: string;
  readonly limit: CallerLimit;
  readonly windowSeconds: number;
  readonly limiter: RateLimiterAbstract;
}

/** Null is no limit. */
export interface Counters {
  readonly requests: Policy | null;
  readonly publishes: Policy | null;
  readonly failures: Policy | null;
  /** How often a caller was banned. */
  readonly bans: RateLimiterAbstract;
}

const FAILURE_WINDOW_SECONDS = 600;
/** A caller that behaves for this long starts from the first ban again. */
const BAN_MEMORY_SECONDS = 86_400;

/** What callers are counted in, all of it made by `newLimiter`. */
export function countersOf(limits: CallerLimits, newLimiter: NewLimiter): Counters {
  const policyOf = (name: string, limit: CallerLimit | null, windowSeconds: number): Policy | null =>
    limit && {
      name,
      limit,
      windowSeconds,
      limiter: newLimiter({ keyPrefix: name, points: limit.max, duration: windowSeconds }),
    };
  return {
    requests: policyOf('requests', limits.requestsPerSecond, 1),
    publishes: policyOf('publishes', limits.publishesPerMinute, 60),
    failures: policyOf('auth-failures', limits.authFailures, FAILURE_WINDOW_SECONDS),
    bans: newLimiter({ keyPrefix: 'bans', points: 1, duration: BAN_MEMORY_SECONDS }),
  };
}
