import type { Outcome } from '../model';
import type { TraceContext } from '../trace-context';

/** The outcomes that come from making an attempt; the others say why none was made. */
export type AttemptOutcome = Extract<
  Outcome,
  | 'delivered'
  | 'http_status'
  | 'redirect_refused'
  | 'timeout'
  | 'connection_refused'
  | 'connection_reset'
  | 'dns_error'
  | 'tls_error'
  | 'blocked_address'
  | 'response_too_large'
>;

/** What one attempt came to. */
export interface PushResult {
  /**
   * `queued` when the subscriber has no part in it: this process lacked what a push takes, or all connections to the origin
   * were in use for most of the time.
   */
  readonly outcome: AttemptOutcome | 'queued';
  /** What this process lacked, as `shortageIn` says it. */
  readonly shortage?: string;
  /** The HTTP status that the subscriber answered, when it answered one. */
  readonly status?: number;
  /** The answer's `Retry-After` header, as sent. */
  readonly retryAfter?: string;
  /** The answer's `WebHook-Allowed-Rate` header, as sent. */
  readonly allowedRate?: string;
  /** From the start of the attempt to its outcome, in milliseconds. */
  readonly durationMs: number;
}

/** A message ready to be pushed; built once, and shared by all attempts for all subscribers. */
export interface Envelope {
  readonly messageId: string;
  /** The JSON text `{"id","topic","timestamp","data"}`, with the publisher's bytes spliced in as they came. */
  readonly body: Buffer;
  /** The trace that the publish belongs to; its headers go with each push. */
  readonly trace?: TraceContext;
}

export interface PushOptions {
  /**
   * Called once, at the latest when the attempt ends: when the request was handed to an open connection, so that another
   * one that is sent now arrives later, as far as the network keeps the order.
   */
  readonly onSent?: (() => void) | undefined;
  /** Whether the envelope must not reach the subscriber twice: no request is sent over again then. */
  readonly isSentOnce?: boolean;
}

export interface PushClient {
  /**
   * POSTs the envelope to `url` once; over again on a new connection when a kept-alive one ends without a byte of an
   * answer, since the other side had most likely closed it before. Never rejects for anything that the subscriber or
   * the network does: that is an outcome. `delivered` means that the subscriber answered 2xx.
   *
   * @param timeoutMs one deadline for the whole attempt, from connecting to the last byte of the answer
   */
  push(url: string, envelope: Envelope, timeoutMs: number, options?: PushOptions): Promise<PushResult>;

  /** Closes idle connections. Attempts under way are finished first. */
  close(): Promise<void>;
}
