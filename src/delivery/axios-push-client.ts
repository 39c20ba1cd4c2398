import axios, { AxiosHeaders, type AxiosAdapter } from 'axios';
import type { Clock } from '../clock';
import { hopsOfMessageId } from '../message-id';
import { TurnBatches } from '../turn-batches';
import { ConnectionPool } from './connection-pool';
import { HttpAttempt, NoConnectionError, type AttemptEnd } from './http-attempt';
import { outcomeOfError } from './outcome-of-error';
import type { AttemptOutcome, Envelope, PushClient, PushOptions, PushResult } from './push-client';
import { PushTargets } from './push-target';
import { shortageIn } from './shortage';
import type { TargetGuard } from './target-guard';

export interface AxiosPushClientOptions {
  readonly clock: Clock;
  /** Herald's own, for `User-Agent`. */
  readonly version: string;
  /** Connections to one origin (scheme, host, port); further pushes to it wait, within their deadline. */
  readonly connectionsPerOrigin?: number;
  /** Kept-alive connections over all origins while no push uses them. */
  readonly maxIdleConnections?: number;
  /** How long a connection is kept without use, unless its server announces less. */
  readonly idleTimeoutMs?: number;
  /** Bytes of an answer's body that are read at most; the rest is left and the connection closed. */
  readonly maxResponseBytes?: number;
  /** Bytes of an answer's headers that are accepted. */
  readonly maxHeaderBytes?: number;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string;
  /** Decides which addresses pushes may go to; all when there is none. */
  readonly guard?: TargetGuard;
  /** The value of `webhook-signature` for a push; null when it is not signed. */
  readonly sign?: SignPush;
}

export type SignPush = (
  url: string,
  messageId: string,
  timestampSeconds: number,
  body: Buffer,
) => string | null;

const NO_HEADERS = new AxiosHeaders();

/**
 * Pushes through a bare axios instance: no transforms, interceptors or redirects, and nothing taken from the
 * environment. Its adapter sends over kept-alive connections with one deadline per push. Pushes of one turn of the event
 * loop go through axios together, since what it does for a request costs half as much as to send it.
 */
export class AxiosPushClient implements PushClient {
  readonly #clock: Clock;
  readonly #sign: SignPush | undefined;
  readonly #fixedHeaders: string;
  readonly #pool: ConnectionPool;
  readonly #targets = new PushTargets();
  readonly #axios = new axios.Axios({ method: 'post', adapter: startAll });
  readonly #batches = new TurnBatches<HttpAttempt>((data) => this.#axios.request({ data }));

  constructor({
    clock,
    version,
    connectionsPerOrigin = 128,
    maxIdleConnections = 512,
    idleTimeoutMs = 30_000,
    maxResponseBytes = 64 * 1024,
    maxHeaderBytes = 16 * 1024,
    ca,
    guard,
    sign,
  }: AxiosPushClientOptions) {
    this.#clock = clock;
    this.#sign = sign;
    this.#fixedHeaders = `Content-Type: application/json\r\nUser-Agent: Herald/${version}\r\n`;
    this.#pool = new ConnectionPool({
      connectionsPerOrigin,
      maxIdleConnections,
      idleTimeoutMs,
      maxHeaderBytes,
      maxBodyBytes: maxResponseBytes,
      ca,
      guard,
    });
  }

  async push(
    url: string,
    envelope: Envelope,
    timeoutMs: number,
    { onSent, isSentOnce }: PushOptions = {},
  ): Promise<PushResult> {
    const startedAt = performance.now();
    const target = this.#targets.get(url);
    const headers = this.#headers(url, envelope);
    const request = { target, headers, body: envelope.body, onSent, isSentOnce };
    const attempt = new HttpAttempt(this.#pool, request, this.#clock, timeoutMs);
    await this.#batches.add(attempt);
    return resultOf(await attempt.ended, Math.round(performance.now() - startedAt));
  }

  close(): Promise<void> {
    this.#batches.flush();
    return this.#pool.close();
  }

  #headers(url: string, { messageId, body, trace }: Envelope): string {
    const seconds = Math.floor(this.#clock.now() / 1000);
    const signature = this.#sign?.(url, messageId, seconds, body) ?? null;
    return (
      `${this.#fixedHeaders}webhook-id: ${messageId}\r\nwebhook-timestamp: ${seconds}\r\n` +
      `herald-hops: ${hopsOfMessageId(messageId) + 1}\r\n` +
      (signature === null ? '' : `webhook-signature: ${signature}\r\n`) +
      (trace ? trace.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('') : '')
    );
  }
}

/**
 * The axios adapter: starts a batch of attempts. What each comes to, be it an answer or none, it tells by itself, past
 * axios, which would otherwise keep some kilobytes for each until its subscriber has answered.
 */
const startAll: AxiosAdapter = (config) => {
  for (const attempt of config.data as readonly HttpAttempt[]) attempt.start();
  return Promise.resolve({ data: null, status: 0, statusText: 'started', headers: NO_HEADERS, config });
};

function resultOf({ head, failure }: AttemptEnd, durationMs: number): PushResult {
  if (failure instanceof NoConnectionError) return { outcome: 'queued', durationMs };
  if (!head) {
    const shortage = shortageIn(failure);
    if (shortage !== null) return { outcome: 'queued', shortage, durationMs };
    return { outcome: knownOutcome(failure), durationMs };
  }
  const { status, retryAfter, allowedRate } = head;
  return {
    outcome: outcomeOfAnswer(status, failure),
    status,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(allowedRate !== undefined && { allowedRate }),
    durationMs,
  };
}

function outcomeOfAnswer(status: number, failure: Error | null): AttemptOutcome {
  if (status >= 400) return 'http_status';
  if (status >= 300) return 'redirect_refused';
  if (!failure) return 'delivered';
  const outcome = knownOutcome(failure);
  // A 2xx whose trailers are too long is like one whose body is too long: answered, and not read further.
  return outcome === 'response_too_large' ? 'delivered' : outcome;
}

/** @throws the error itself when it is a mistake of this program */
function knownOutcome(error: Error | null): AttemptOutcome {
  const outcome = outcomeOfError(error);
  if (!outcome) throw error ?? new Error('An attempt ended without an answer and without an error');
  return outcome;
}
