/** What the server says, as the page uses it. */

export type QueueState = 'live' | 'draining' | 'offline' | 'paused' | 'disabled' | 'poll';

export interface Topic {
  readonly topic: string;
  readonly subscribers: readonly string[];
}

export interface Subscriber {
  readonly url: string;
  readonly topics: readonly string[];
  readonly state: QueueState;
  readonly inFlight: number;
  readonly pending: number;
  readonly oldestPendingAt: string | null;
  readonly lastError: { readonly outcome: string; readonly status?: number; readonly at: string } | null;
  readonly failingSince: string | null;
  readonly nextAttemptAt: string | null;
  readonly disabled: { readonly at: string; readonly reason: string } | null;
}

/** `GET /overview` */
export interface Overview {
  readonly version: string;
  readonly startedAt: string;
  readonly builtIn: { readonly url: string; readonly accepting: boolean };
  readonly topics: readonly Topic[];
  readonly subscribers: readonly Subscriber[];
  readonly hasMore: boolean;
}

/** The data of any event of `GET /tail`: which fields are there depends on its name. */
export interface TailData {
  readonly messageId?: string;
  readonly topic?: string;
  readonly subscriber?: string;
  readonly timestamp?: string;
  readonly at?: string;
  readonly outcome?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly data?: string;
  readonly dataBytes?: number;
  readonly isTruncated?: boolean;
  readonly delivered?: number;
  readonly undelivered?: number;
  readonly from?: QueueState;
  readonly to?: QueueState;
  readonly reason?: string;
  readonly messages?: number;
  readonly accepting?: boolean;
  readonly missed?: number | null;
}

/** The data of the event `stats`. */
export interface Stats {
  readonly publishesPerSecond: number;
  readonly deliveriesPerSecond: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly inFlight: number;
}

/** One server-sent event. */
export interface ServerEvent {
  readonly id: string | null;
  readonly name: string;
  readonly data: string;
}

/** A line of the tail. */
export interface TailEntry {
  /** Rises by one with each. */
  readonly key: number;
  readonly name: string;
  /** Unix milliseconds by the server's clock, or the browser's where the event says none. */
  readonly at: number;
  readonly data: TailData;
}

export interface TailFilter {
  readonly topic: string;
  readonly subscriber: string;
  readonly outcome: string;
}

/** How the reading of the tail stands. */
export type Connection =
  | { readonly status: 'connecting' }
  | { readonly status: 'live'; readonly since: number }
  /** The page is hidden. */
  | { readonly status: 'resting' }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly reason: string }
  /** `reason`: null for want of a token that is valid. */
  | { readonly status: 'refused'; readonly reason: string | null };

/** One subscriber's part in the answer to a publish. */
export interface PublishOutcome {
  readonly url: string;
  readonly outcome?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly stored?: boolean;
}

/** What a publish is answered. */
export interface PublishAnswer {
  readonly message: string;
  readonly id: string;
  readonly topic: string;
  readonly delivered: readonly PublishOutcome[];
  readonly undelivered: readonly PublishOutcome[];
}

/** `POST /subscriber/replay` */
export interface ReplayAnswer {
  readonly outcome: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly received: boolean;
}

/** A polled message; its data is the text as it was published. */
export interface PolledMessage {
  readonly id: string;
  readonly topic: string;
  readonly timestamp: string;
  /** Why it was set aside. */
  readonly reason?: string;
  readonly data: string;
}

/** What came of an action, shown where it was asked for. */
export interface Note {
  readonly tone: 'good' | 'bad' | 'plain';
  readonly text: string;
}
