/*
 * The words of this program, used alike in code, logs, API and docs:
 *
 * - topic: a name that messages are published to
 * - message: {id, topic, timestamp, data}; `data` is the publisher's body, byte for byte
 * - subscriber: an HTTP(S) URL; the same URL on two topics is one subscriber
 * - subscription: the pair (topic, subscriber)
 * - push, delivery attempt: one POST of one message to one subscriber
 * - outcome: what an attempt came to, one of OUTCOMES
 * - copy: a message as it is stored for one subscriber
 * - backlog: a subscriber's pending copies (those it has not received), in the order of their positions
 * - position: where a copy stands in its subscriber's backlog; normally the message's timestamp
 * - late message: one that was stored before others that may have been polled already: it was published again under the
 *   timestamp that a crashed process had given it, or a subscriber came while its place was held for the others
 * - poll, ack: the subscriber fetching from its own backlog, and saying what it has taken
 */

/** The trace that a publish belongs to (W3C Trace Context), as it is passed on with the pushes of its message. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** `traceparent`, and `tracestate` when there is one, as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A published message. */
export interface Message {
  /** `msg_` and 32 hexadecimal digits; the same on every attempt and poll, so that receivers can dedupe on it. */
  readonly id: string;
  readonly topic: string;
  /** UTC, ISO 8601 with six fraction digits and `+00:00`, so that it sorts as text. */
  readonly timestamp: string;
  /** The publisher's JSON text, exactly as published. */
  readonly data: string;
  /** The trace that its publish belongs to; every push carries it on. */
  readonly trace?: TraceContext;
}

/** A message in one subscriber's backlog. */
export interface PendingMessage extends Message {
  /** Sorts as text; unique within the subscriber; equals `timestamp` unless another message already stood there. */
  readonly position: string;
  /** Unix milliseconds; from then on it is not delivered any more. */
  readonly expiresAt: number;
  /** Why it was set aside: it is not pushed any more, and waits to be polled. Absent for all others. */
  readonly asideReason?: string;
  /** True for a late message; absent for all others. */
  readonly isLate?: true;
}

export interface Subscription {
  readonly topic: string;
  /** The subscriber's URL in its normalised form. */
  readonly subscriber: string;
}

/** A subscription with its history: `endedAt` is null while it is active. */
export interface SubscriptionRecord extends Subscription {
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** What a backlog may hold. */
export interface BacklogSettings {
  readonly maxMessages: number;
  readonly maxAgeSeconds: number;
  /** Which message goes when one more than `maxMessages` comes. */
  readonly overflow: 'drop_oldest' | 'drop_newest';
}

/** The largest `maxPerSecond`. */
export const MAX_PER_SECOND = 100_000;

/** How a subscriber wants to be served. */
export interface SubscriberSettings {
  /** `poll`: never pushed, only stored. */
  readonly delivery: 'push' | 'poll';
  /** False: each message is pushed once at most, and what that missed is only polled. */
  readonly redelivery: boolean;
  /** Pushes under way at once. */
  readonly maxInFlight: number;
  /** Pushes per second, evenly spaced; null: as many as come. */
  readonly maxPerSecond: number | null;
  readonly backlog: BacklogSettings;
  /** Nothing is pushed until it is false again. */
  readonly paused: boolean;
}

/** Settings as they are stored: only what was set; the rest follows the defaults. */
export type StoredSettings = Partial<Omit<SubscriberSettings, 'backlog'>> & {
  readonly backlog?: Partial<BacklogSettings>;
};

/** A signing secret, `whsec_…`; with `expiresAt` (unix milliseconds) once it was rotated out. */
export interface SigningSecret {
  readonly secret: string;
  readonly expiresAt: number | null;
}

/** How a subscriber's queue stands. */
export type QueueState = 'live' | 'draining' | 'offline' | 'paused' | 'disabled' | 'poll';

/** What is kept about a subscriber besides its subscriptions and messages. */
export interface SubscriberRecord {
  readonly subscriber: string;
  readonly createdAt: string;
  readonly settings: StoredSettings;
  /** Set when nothing is pushed any more until it subscribes again. */
  readonly disabled: { readonly at: string; readonly reason: 'gone' | 'unreachable' } | null;
  /** Unix milliseconds of the failure after which no push succeeded; null while pushes succeed. */
  readonly failingSince: number | null;
  /** Pending messages up to this position were set aside, and are not pushed; null when none was. */
  readonly asideUpTo: string | null;
  /** The newest first. */
  readonly secrets: readonly SigningSecret[];
  /** SHA-256, in hexadecimal, of the token that lets the subscriber manage itself; null when it has none. */
  readonly tokenHash: string | null;
}

/** Of a subscriber of which nothing is kept. */
export const NO_RECORD: SubscriberRecord = {
  subscriber: '',
  createdAt: '',
  settings: {},
  disabled: null,
  failingSince: null,
  asideUpTo: null,
  secrets: [],
  tokenHash: null,
};

/** Every way in which a delivery can end; a closed set, documented in the README. */
export const OUTCOMES = [
  'delivered',
  'http_status',
  'redirect_refused',
  'timeout',
  'connection_refused',
  'connection_reset',
  'dns_error',
  'tls_error',
  'blocked_address',
  'response_too_large',
  'circuit_open',
  'queued',
  'paused',
  'disabled',
  'poll_only',
  'still_running',
  'dropped',
  'store_failed',
] as const;

export type Outcome = (typeof OUTCOMES)[number];
