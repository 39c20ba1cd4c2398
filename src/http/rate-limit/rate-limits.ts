import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HeraldError } from '../../errors';
import type { CallerLimits } from '../../security-config';
import { type Counters, countersOf, type NewLimiter, type Policy } from './counters';
import { ExpiredTokenError, UnknownKeyError } from '../auth/token-errors';
import { addressKey, isLoopbackCaller, tokenKey } from './caller-key';

export interface Ban {
  /** `ip:` and the address, or the /64 that it is in. */
  readonly address: string;
  readonly seconds: number;
}

export interface RateLimitsDeps {
  readonly limits: CallerLimits;
  /** In this process's memory unless given. It may have to wait for others. */
  readonly newLimiter?: NewLimiter;
  readonly onBanned?: (ban: Ban) => void;
}

const FIRST_BAN_SECONDS = 60;
const MAX_BAN_SECONDS = 3600;

/** Who watches the server is never to wait for whatever its callers are counted in. */
const WATCHED: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/**
 * Limits on callers, as middleware. Each answer carries `RateLimit-Policy` and `RateLimit` for every limit that applied
 * (draft-ietf-httpapi-ratelimit-headers). Throws HeraldError `rate_limited`, with `Retry-After` in seconds.
 */
export class RateLimits {
  readonly #counters: Counters;
  /** Of requests that watch the server: always in this process's memory. */
  readonly #ownCounters: Counters;
  readonly #onBanned: ((ban: Ban) => void) | undefined;

  constructor({ limits, newLimiter, onBanned }: RateLimitsDeps) {
    const newOwnLimiter: NewLimiter = (options) => new RateLimiterMemory(options);
    this.#ownCounters = countersOf(limits, newOwnLimiter);
    this.#counters = newLimiter ? countersOf(limits, newLimiter) : this.#ownCounters;
    this.#onBanned = onBanned;
  }

  /** Requests per second of an address, and bans. To be mounted before authentication. */
  perAddress(): RequestHandler {
    return async (req, res, next) => {
      await this.#checkBan(req, res);
      await consume(this.#countersOf(req).requests, addressKey(req), req, res);
      next();
    };
  }

  /** Requests per second of a token, wherever they come from. To be mounted after authentication. */
  perToken(): RequestHandler {
    return async (req, res, next) => {
      const key = tokenKey(req);
      if (key !== null) await consume(this.#countersOf(req).requests, key, req, res);
      next();
    };
  }

  /** Publishes of a caller to one topic per minute. To be mounted after authentication. */
  publishes(topicOf: (req: Request) => string): RequestHandler {
    return async (req, res, next) => {
      // A topic holds no white space, so that keys cannot be mixed up.
      const key = `${topicOf(req)} ${tokenKey(req) ?? addressKey(req)}`;
      await consume(this.#counters.publishes, key, req, res);
      next();
    };
  }

  /** Counts refused tokens, those expired and those of unknown keys aside, and bans. To be mounted before the handler that answers errors. */
  countFailures(): ErrorRequestHandler {
    return async (error: unknown, req, _res, next) => {
      const { failures, bans } = this.#countersOf(req);
      if (isGuess(error, req) && failures && !isExempt(failures, req)) {
        await this.#countFailure(failures, bans, addressKey(req));
      }
      next(error);
    };
  }

  async #checkBan(req: Request, res: Response): Promise<void> {
    const policy = this.#countersOf(req).failures;
    if (!policy || isExempt(policy, req)) return;
    const found = await policy.limiter.get(addressKey(req));
    // More than the maximum is only reached by a ban.
    if (found && found.msBeforeNext > 0 && found.consumedPoints > policy.limit.max) {
      const reason = 'Too many requests with a wrong token came from this address';
      throw refused(res, secondsOf(found, MAX_BAN_SECONDS), reason);
    }
  }

  async #countFailure({ limit, limiter }: Policy, counted: RateLimiterAbstract, key: string): Promise<void> {
    const { consumedPoints } = await limiter.penalty(key);
    if (consumedPoints < limit.max) return;
    const { consumedPoints: bans } = await counted.penalty(key);
    const seconds = Math.min(FIRST_BAN_SECONDS * 2 ** (bans - 1), MAX_BAN_SECONDS);
    await limiter.block(key, seconds);
    this.#onBanned?.({ address: key, seconds });
  }

  #countersOf(req: Request): Counters {
    return WATCHED.includes(req.path) ? this.#ownCounters : this.#counters;
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
  const seconds = secondsOf(state, windowSeconds);
  append(res, 'RateLimit', `"${name}";r=${state.remainingPoints};t=${seconds}`);
  if (isRefused) {
    throw refused(res, seconds, `More than ${limit.max} ${name} in ${windowSeconds} s`);
  }
}

/**
 * Who sends no token guesses none, and who sends one that was valid once was given it. So, it may be, was who sends one of a
 * key that is not known: it takes a while until new keys are.
 */
function isGuess(error: unknown, { headers }: Request): boolean {
  if (!(error instanceof HeraldError) || error.code !== 'unauthorized') return false;
  const { cause } = error;
  const isNoGuess = cause instanceof ExpiredTokenError || cause instanceof UnknownKeyError;
  return Boolean(headers.authorization) && !isNoGuess;
}

function isExempt({ limit }: Policy, req: Request): boolean {
  return !limit.includesLoopback && isLoopbackCaller(req);
}

function refused(res: Response, seconds: number, reason: string): HeraldError {
  res.set('Retry-After', String(seconds));
  return new HeraldError('rate_limited', `${reason}; retry in ${seconds} s`);
}

/** The library reckons with the machine's clock: when that was set back, it tells more than a caller ever has to wait. */
function secondsOf({ msBeforeNext }: RateLimiterRes, maxSeconds: number): number {
  return Math.min(maxSeconds, Math.max(1, Math.ceil(msBeforeNext / 1000)));
}

/** Several limits stand in one header, separated by commas (RFC 9651 §3.1). */
function append(res: Response, name: string, item: string): void {
  const before = res.get(name);
  res.set(name, before === undefined ? item : `${before}, ${item}`);
}
