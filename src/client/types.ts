/*
 * What the server takes and answers, as its users see it. It is said anew here, and not imported from the server, so
 * that whoever uses the client needs nothing but the client.
 */

/** What a delivery can come to. */
export type Outcome =
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
  | 'circuit_open'
  | 'queued'
  | 'paused'
  | 'disabled'
  | 'poll_only'
  | 'still_running'
  | 'dropped'
  | 'store_failed';

export type SubscriberState = 'live' | 'draining' | 'offline' | 'paused' | 'disabled' | 'poll';

/** A message as a subscriber gets it. */
export interface Message {
  /** The same on every attempt and poll: dedupe on it. */
  readonly id: string;
  readonly topic: string;
  /** UTC, ISO 8601 with six fraction digits, so that it sorts as text. */
  readonly timestamp: string;
  /** What was published, parsed. Numbers that JavaScript cannot hold lose digits here, and not in `text`. */
  readonly data: unknown;
  /** What was published, byte for byte: JSON as the publisher wrote it. */
  readonly text: string;
}

/** A message in a backlog. */
export interface PendingMessage extends Message {
  /** Why it is not pushed any more, when it was set aside. */
  readonly reason?: string;
}

/** One page of a backlog, oldest first. */
export interface Page {
  readonly messages: readonly PendingMessage[];
  /** Where the page ends: `after` of the next one, or `upTo` of an ack. Null when there was nothing yet. */
  readonly cursor: string | null;
  readonly hasMore: boolean;
}

export interface Delivered {
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface Undelivered {
  readonly url: string;
  readonly outcome: Exclude<Outcome, 'delivered'>;
  /** What it answered, when it answered. */
  readonly status?: number;
  /** Whether its copy is in its backlog. */
  readonly stored: boolean;
  /** Messages that its backlog's limit cost. */
  readonly dropped?: number;
}

/** What became of a published message. */
export interface PublishAnswer {
  readonly message: string;
  readonly id: string;
  readonly topic: string;
  readonly timestamp: string;
  readonly delivered: readonly Delivered[];
  readonly undelivered: readonly Undelivered[];
}

/** A publish that every subscriber has received (200), or that is stored for those who have not (202). */
export interface Published extends PublishAnswer {
  readonly status: 200 | 202;
  /** True when the idempotency key was used before, and nothing was published again. */
  readonly isReplay: boolean;
}

/** What became of one message of a batch. */
export type BatchAnswer =
  | (PublishAnswer & { readonly status: 200 | 202 })
  /** It is stored for some of its subscribers only, or was not published at all. */
  | ({ readonly status: number; readonly message: string; readonly code: string } & Partial<PublishAnswer>);

export interface BacklogSettings {
  readonly maxMessages: number;
  readonly maxAgeSeconds: number;
  readonly overflow: 'drop_oldest' | 'drop_newest';
}

export interface SubscriberSettings {
  /** `poll`: never pushed, only stored. */
  readonly delivery: 'push' | 'poll';
  readonly redelivery: boolean;
  readonly maxInFlight: number;
  /** Null: as many as come. */
  readonly maxPerSecond: number | null;
  readonly backlog: BacklogSettings;
  readonly paused: boolean;
}

/** Settings to change; what is left out stays as it is. */
export type SettingsChange = Partial<Omit<SubscriberSettings, 'backlog'>> & {
  readonly backlog?: Partial<BacklogSettings>;
};

export interface Subscribed {
  /** False when the subscription was there already. */
  readonly isNew: boolean;
  readonly message: string;
  readonly topic: string;
  /** In normal form. */
  readonly url: string;
  /** For the first subscription of a URL, shown once: what pushes to it are signed with. */
  readonly secret?: string;
  /** Likewise: the token with which the subscriber may act for itself. */
  readonly token?: string;
}

export interface Subscriber {
  readonly url: string;
  readonly topics: readonly string[];
  readonly state: SubscriberState;
  /** Pushes under way. */
  readonly inFlight: number;
  /** Messages that wait. */
  readonly pending: number;
  readonly oldestPending: Pick<Message, 'id' | 'topic' | 'timestamp'> | null;
  readonly lastError: { readonly outcome: Outcome; readonly status?: number; readonly at: string } | null;
  readonly failingSince: string | null;
  readonly nextAttemptAt: string | null;
  readonly disabled: { readonly at: string; readonly reason: string } | null;
  readonly settings: SubscriberSettings;
}

/** Everything at a glance. */
export interface Overview {
  /** Of the server. */
  readonly version: string;
  readonly startedAt: string;
  readonly builtIn: { readonly url: string; readonly accepting: boolean };
  readonly topics: readonly { readonly topic: string; readonly subscribers: readonly string[] }[];
  /** Those in trouble first, then those with a backlog, then those that are paused or poll. */
  readonly subscribers: readonly (Omit<Subscriber, 'oldestPending'> & {
    readonly oldestPendingAt: string | null;
  })[];
  /** Whether anything was left out. */
  readonly hasMore: boolean;
}

export interface AckAnswer {
  /** How many this call marked received. */
  readonly acked: number;
  /** Ids that name no waiting message: they were received before, have expired, or never were. */
  readonly unknown: readonly string[];
}

/** What a message pushed out of turn came to. */
export interface ReplayAnswer {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly durationMs: number;
  readonly received: boolean;
}
