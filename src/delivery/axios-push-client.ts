import axios, { AxiosHeaders, type AxiosAdapter, type AxiosResponse } from 'axios';
import type { Clock } from '../clock';
import { ConnectionPool } from './connection-pool';
import { HttpAttempt, HttpRequest, type HttpAnswer } from './http-attempt';
import { outcomeOfError } from './outcome-of-error';
import type { AttemptOutcome, Envelope, PushClient, PushResult } from './push-client';

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
}

const NO_HEADERS = new AxiosHeaders();

/**
 * Pushes through a bare axios instance: no transforms, interceptors or redirects, and nothing taken from the
 * environment. Its adapter sends over kept-alive connections with one deadline per push.
 */
export class AxiosPushClient implements PushClient {
  readonly #clock: Clock;
  readonly #userAgent: string;
  readonly #maxResponseBytes: number;
  readonly #pool: ConnectionPool;
  readonly #axios = new axios.Axios({ method: 'post', adapter: (config) => this.#send(config) });

  constructor({
    clock,
    version,
    connectionsPerOrigin = 128,
    maxIdleConnections = 512,
    idleTimeoutMs = 30_000,
    maxResponseBytes = 64 * 1024,
    maxHeaderBytes = 16 * 1024,
    ca,
  }: AxiosPushClientOptions) {
    this.#clock = clock;
    this.#userAgent = `Herald/${version}`;
    this.#maxResponseBytes = maxResponseBytes;
    this.#pool = new ConnectionPool({
      connectionsPerOrigin,
      maxIdleConnections,
      idleTimeoutMs,
      maxHeaderBytes,
      ca,
    });
  }

  async push(url: string, envelope: Envelope, timeoutMs: number): Promise<PushResult> {
    const startedAt = performance.now();
    const request = new HttpRequest(new URL(url), this.#headers(envelope), envelope.body);
    let result: Omit<PushResult, 'durationMs'>;
    try {
      const { data } = await this.#axios.request<HttpAnswer>({ url, data: request, timeout: timeoutMs });
      result = resultOfAnswer(data);
    } catch (error) {
      result = { outcome: knownOutcome(error) };
    }
    return { ...result, durationMs: Math.round(performance.now() - startedAt) };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Content-Length and Host are added by the connection. */
  #headers({ messageId }: Envelope): string[] {
    return [
      'Content-Type',
      'application/json',
      'User-Agent',
      this.#userAgent,
      'webhook-id',
      messageId,
      'webhook-timestamp',
      String(Math.floor(this.#clock.now() / 1000)),
    ];
  }

  /**
   * The axios adapter. Any status is an answer and not an error, and the headers go past axios inside `data`: taking them
   * through its own doubles what it costs.
   */
  #send: AxiosAdapter = async (config): Promise<AxiosResponse<HttpAnswer>> => {
    const { data: request, timeout = 0 } = config as { data: HttpRequest; timeout?: number };
    const answer = await new Promise<HttpAnswer>((resolve, reject) => {
      const attempt = new HttpAttempt({
        pool: this.#pool,
        request,
        maxBodyBytes: this.#maxResponseBytes,
        resolve,
        reject,
      });
      attempt.start((callback) => this.#clock.setTimer(callback, timeout));
    });
    return { data: answer, status: answer.status, statusText: '', headers: NO_HEADERS, config };
  };
}

function resultOfAnswer({ status, retryAfter, failure }: HttpAnswer): Omit<PushResult, 'durationMs'> {
  const answered = { status, ...(retryAfter !== undefined && { retryAfter }) };
  if (status >= 400) return { outcome: 'http_status', ...answered };
  if (status >= 300) return { outcome: 'redirect_refused', ...answered };
  const outcome = failure ? knownOutcome(failure) : 'delivered';
  // A 2xx whose trailers are too long is like one whose body is too long: answered, and not read further.
  return { outcome: outcome === 'response_too_large' ? 'delivered' : outcome, ...answered };
}

/** @throws the error itself when it is a mistake of this program */
function knownOutcome(error: unknown): AttemptOutcome {
  const outcome = outcomeOfError(error);
  if (!outcome) throw error;
  return outcome;
}
