import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HeraldError } from '../../errors';
import type { CallerLimit, CallerLimits } from '../../security-config';
import { addressKey, isLoopbackCaller, tokenKey } from './caller-key';

export interface LimiterOptions {
  readonly keyPrefix: string;
  readonly points: number;
  /** Seconds. */
  readonly duration: number;
}

/** Makes what counts; one with a shared store holds the limits over several servers. */
export type NewLimiter = (options: LimiterOptions) => RateLimiterAbstract;

export interface Ban {
  /** `ip:` and the address, or the /64 that it is in. */
  readonly address: string;
  readonly seconds: number;
}

export interface RateLimitsDeps {
  readonly limits: CallerLimits;
  /** In this process's memory unless given. */
  readonly newLimiter?: NewLimiter;
  readonly onBanned?: (ban: Ban) => void;
}

const FAILURE_WINDOW_SECONDS = 600;
const FIRST_BAN_SECONDS = 60;
const MAX_BAN_SECONDS = 3600;
/** A caller that behaves for this long starts from the first ban again. */
const BAN_MEMORY_SECONDS = 86_400;

interface Policy {
  readonly name: string;
  readonly limit: CallerLimit;
  readonly windowSeconds: number;
  readonly limiter: RateLimiterAbstract;
}

/**
 * Limits on callers, as middleware. Each answer carries `RateLimit-Policy` and `RateLimit` for every limit that applied
 * (draft-ietf-httpapi-ratelimit-headers). Throws HeraldError `rate_limited`, with `Retry-After` in seconds.
 */
export class RateLimits {
  readonly #requests: Policy | null;
  readonly #publishes: Policy | null;
  readonly #failures: Policy | null;
  readonly #bans: RateLimiterAbstract;
  readonly #onBanned: ((ban: Ban) => void) | undefined;

  constructor({
    limits,
    newLimiter = (options) => new RateLimiterMemory(options),
    onBanned,
  }: RateLimitsDeps) {
    const policyOf = (name: string, limit: CallerLimit | null, windowSeconds: number): Policy | null =>
      limit && {
        name,
        limit,
        windowSeconds,
        limiter: newLimiter({ keyPrefix: name, points: limit.max, duration: windowSeconds }),
      };
    this.#requests = policyOf('requests', limits.requestsPerSecond, 1);
    this.#publishes = policyOf('publishes', limits.publishesPerMinute, 60);
    this.#failures = policyOf('auth-failures', limits.authFailures, FAILURE_WINDOW_SECONDS);
    this.#bans = newLimiter({ keyPrefix: 'bans', points: 1, duration: BAN_MEMORY_SECONDS });
    this.#onBanned = onBanned;
  }

  /** Requests per second of an address, and bans. To be mounted before authentication. */
  perAddress(): RequestHandler {
    return async (req, res, next) => {
      await this.#checkBan(req, res);
      await consume(this.#requests, addressKey(req), req, res);
      next();
    };
  }

  /** Requests per second of a token, wherever they come from. To be mounted after authentication. */
  perToken(): RequestHandler {
    return async (req, res, next) => {
      const key = tokenKey(req);
      if (key !== null) await consume(this.#requests, key, req, res);
      next();
    };
  }

  /** Publishes of a caller to one topic per minute. To be mounted after authentication. */
  publishes(topicOf: (req: Request) => string): RequestHandler {
    return async (req, res, next) => {
      // A topic holds no white space, so that keys cannot be mixed up.
      const key = `${topicOf(req)} ${tokenKey(req) ?? addressKey(req)}`;
      await consume(this.#publishes, key, req, res);
      next();
    };
  }

  /** Counts refused tokens, and bans. To be mounted before the handler that answers errors. */
  countFailures(): ErrorRequestHandler {
    return async (error: unknown, req, _res, next) => {
      // Who sends no token guesses none.
      const isGuess =
        error instanceof HeraldError && error.code === 'unauthorized' && req.headers.authorization;
      if (isGuess && this.#failures && !isExempt(this.#failures, req)) {
        await this.#countFailure(this.#failures, addressKey(req));
      }
      next(error);
    };
  }

  async #checkBan(req: Request, res: Response): Promise<void> {
    const policy = this.#failures;
    if (!policy || isExempt(policy, req)) return;
    const found = await policy.limiter.get(addressKey(req));
    // More than the maximum is only reached by a ban.
    if (found && found.msBeforeNext > 0 && found.consumedPoints > policy.limit.max) {
      throw refused(res, found.msBeforeNext, 'Too many requests with a wrong token came from this address');
    }
  }

  async #countFailure({ limit, limiter }: Policy, key: string): Promise<void> {
    const { consumedPoints } = await limiter.penalty(key);
    if (consumedPoints < limit.max) return;
    const { consumedPoints: bans } = await this.#bans.penalty(key);
    const seconds = Math.min(FIRST_BAN_SECONDS * 2 ** (bans - 1), MAX_BAN_SECONDS);
    await limiter.block(key, seconds);
    this.#onBanned?.({ address: key, seconds });
  }
}

async function consume(policy: Policy | null, key: string, req: Request, res: Response): Promise<void> {
  if (!policy || isExempt(policy, req)) return;
  const { name, limit, windowSeconds, limiter } = policy;
  append(res, 'RateLimit-Policy', `"${name}";q=${limit.max};w=${windowSeconds}`);
  let state: RateLimiterRes;
  let isRefused = false;
  try {
    state = await limiter.consume(key);
  } catch (rejection) {
    // The library rejects with the state; anything else is a failure of its store.
    if (!(rejection instanceof RateLimiterRes)) throw rejection;
    state = rejection;
    isRefused = true;
  }
  append(res, 'RateLimit', `"${name}";r=${state.remainingPoints};t=${secondsOf(state.msBeforeNext)}`);
  if (isRefused) {
    throw refused(res, state.msBeforeNext, `More than ${limit.max} ${name} in ${windowSeconds} s`);
  }
}

function isExempt({ limit }: Policy, req: Request): boolean {
  return !limit.includesLoopback && isLoopbackCaller(req);
}

function refused(res: Response, msBeforeNext: number, reason: string): HeraldError {
  const seconds = secondsOf(msBeforeNext);
  res.set('Retry-After', String(seconds));
  return new HeraldError('rate_limited', `${reason}; go on in ${seconds} s`);
}

function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** Several limits stand in one header, separated by commas (RFC 9651 §3.1). */
function append(res: Response, name: string, item: string): void {
  const before = res.get(name);
  res.set(name, before === undefined ? item : `${before}, ${item}`);
}
