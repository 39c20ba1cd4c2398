import type { Outcome } from '../model';

/** A subscriber that answered 2xx. */
export interface Delivered {
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
}

/** A subscriber that did not receive the message in real time. */
export interface Undelivered {
  readonly url: string;
  readonly outcome: Exclude<Outcome, 'delivered'>;
  /** The HTTP status that it answered, when it answered one. */
  readonly status?: number;
  /** Whether its copy is durably in its backlog. */
  readonly stored: boolean;
}

/** What became of one published message at each subscriber of its topic. */
export interface PublishResult {
  readonly id: string;
  readonly topic: string;
  readonly timestamp: string;
  readonly delivered: readonly Delivered[];
  readonly undelivered: readonly Undelivered[];
}
