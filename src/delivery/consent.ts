import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { AddressClass } from '../address-class';
import type { Clock } from '../clock';
import { MAX_PER_SECOND } from '../model';
import type { ConsentAnswer, ConsentSession, ConsentTransport } from './consent-transport';
import { outcomeOfError } from './outcome-of-error';
import type { AttemptOutcome } from './push-client';
import { BlockedAddressError } from './target-guard';

/** Why consent could not be had: what the last question came to, `not_granted` when it was answered without consent. */
export type ConsentFailure = Exclude<AttemptOutcome, 'delivered'> | 'not_granted';

interface ConsentReport {
  /** Of the address that was or would have been connected to; null when it is not known. */
  readonly addressClass: AddressClass | null;
  /** HTTP status of the last answer; null when there was none. */
  readonly status: number | null;
  readonly durationMs: number;
}

export type ConsentResult =
  | (ConsentReport & {
      readonly granted: true;
      readonly method: 'handshake' | 'echo';
      /** Pushes per minute that the subscriber wants at most; null when it sets no limit. */
      readonly allowedPerMinute: number | null;
    })
  | (ConsentReport & { readonly granted: false; readonly outcome: ConsentFailure });

export interface ConsentDeps {
  readonly transport: ConsentTransport;
  readonly clock: Clock;
  /** The DNS name of this server, the `WebHook-Request-Origin`. */
  readonly origin: string;
  /** Herald's own, for `User-Agent`. */
  readonly version: string;
  /** For both questions together. */
  readonly timeoutMs?: number;
}

/** The handshake may use this part of the time, so that one who lets it hang can still give the proof. */
const HANDSHAKE_SHARE = 0.5;
const NONCE_BYTES = 32;
const MAX_PER_MINUTE = 60 * MAX_PER_SECOND;
/** After these the other question would come to the same. */
const FINAL: ReadonlySet<ConsentFailure> = new Set([
  'blocked_address',
  'connection_refused',
  'dns_error',
  'tls_error',
]);

interface Grant {
  readonly method: 'handshake' | 'echo';
  readonly allowedPerMinute: number | null;
}

type Attempt =
  | { readonly grant: Grant; readonly status: number }
  | {
      readonly grant: null;
      readonly outcome: ConsentFailure;
      readonly status: number | null;
      readonly blockedClass: AddressClass | null;
    };

/** Asks a URL whether it wants pushes, so that nobody can have Herald push to whom does not want it. */
export class ConsentVerifier {
  readonly #timeoutMs: number;

  constructor(private readonly deps: ConsentDeps) {
    this.#timeoutMs = deps.timeoutMs ?? 10_000;
  }

  /**
   * The CloudEvents handshake (HTTP 1.1 Web Hooks for Event Delivery §4) and, where it is not answered with consent, the
   * echo proof: a random challenge is POSTed, and has to come back. Never rejects for what the subscriber does.
   */
  async verify(url: string): Promise<ConsentResult> {
    const startedAt = performance.now();
    const session = this.deps.transport.open(new URL(url));
    const deadline = new AbortController();
    const timer = this.deps.clock.setTimer(() => deadline.abort(timeoutError()), this.#timeoutMs);
    try {
      let attempt = await this.#handshake(session, deadline.signal);
      const isFinal = attempt.grant !== null || FINAL.has(attempt.outcome);
      if (!isFinal && !deadline.signal.aborted) attempt = await this.#echo(session, deadline.signal);
      const report: ConsentReport = {
        addressClass: session.addressClass ?? (attempt.grant ? null : attempt.blockedClass),
        status: attempt.status,
        durationMs: Math.round(performance.now() - startedAt),
      };
      return attempt.grant
        ? { granted: true, ...attempt.grant, ...report }
        : { granted: false, outcome: attempt.outcome, ...report };
    } finally {
      timer.cancel();
      session.close();
    }
  }

  async #handshake(session: ConsentSession, signal: AbortSignal): Promise<Attempt> {
    const own = new AbortController();
    const timer = this.deps.clock.setTimer(
      () => own.abort(timeoutError()),
      this.#timeoutMs * HANDSHAKE_SHARE,
    );
    const { origin } = this.deps;
    const headers = { ...this.#headers(), 'WebHook-Request-Origin': origin };
    try {
      const request = { method: 'OPTIONS', headers } as const;
      const answer = await session.request(request, AbortSignal.any([signal, own.signal]));
      const allowed = answer.allowedOrigin?.trim().toLowerCase();
      // The status means nothing here (§4.2).
      return allowed === '*' || allowed === origin.toLowerCase()
        ? granted('handshake', answer)
        : notGranted(answer);
    } catch (error) {
      return failed(error);
    } finally {
      timer.cancel();
    }
  }

  async #echo(session: ConsentSession, signal: AbortSignal): Promise<Attempt> {
    const challenge = randomBytes(NONCE_BYTES).toString('base64url');
    const headers = { ...this.#headers(), 'Content-Type': 'application/json' };
    const body = JSON.stringify({ type: 'verification', challenge });
    try {
      const answer = await session.request({ method: 'POST', headers, body }, signal);
      const isSuccess = answer.status >= 200 && answer.status < 300;
      return isSuccess && holdsChallenge(answer.body, challenge)
        ? granted('echo', answer)
        : notGranted(answer);
    } catch (error) {
      return failed(error);
    }
  }

  #headers(): Record<string, string> {
    return { 'User-Agent': `Herald/${this.deps.version}` };
  }
}

/**
 * Requests per minute in a `WebHook-Allowed-Rate` (§4.2.3), no more than a subscriber's settings can hold; null for `*`, for
 * nothing, and for what is no positive number.
 */
export function allowedPerMinute(header: string | undefined): number | null {
  const text = header?.trim() ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Math.min(Number(text), MAX_PER_MINUTE) : null;
}

function granted(method: Grant['method'], { status, allowedRate }: ConsentAnswer): Attempt {
  return { grant: { method, allowedPerMinute: allowedPerMinute(allowedRate) }, status };
}

function notGranted({ status }: ConsentAnswer): Attempt {
  const refused = { grant: null, status, blockedClass: null } as const;
  if (status >= 400) return { ...refused, outcome: 'http_status' };
  return { ...refused, outcome: status >= 300 ? 'redirect_refused' : 'not_granted' };
}

/** @throws the error itself when it is a mistake of this program */
function failed(error: unknown): Attempt {
  const outcome = outcomeOfError(error);
  if (outcome === null || outcome === 'delivered') throw error;
  const blockedClass = error instanceof BlockedAddressError ? error.addressClass : null;
  return { grant: null, outcome, status: null, blockedClass };
}

function holdsChallenge(body: Buffer, challenge: string): boolean {
  const expected = Buffer.from(challenge);
  const given = Buffer.from(challengeIn(body));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function challengeIn(body: Buffer): string {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value !== 'object' || value === null || !('challenge' in value)) return '';
    return typeof value.challenge === 'string' ? value.challenge : '';
  } catch {
    // Not JSON, and so not the challenge.
    return '';
  }
}

function timeoutError(): Error {
  return Object.assign(new Error('the time for the verification is over'), { code: 'ETIMEDOUT' });
}
