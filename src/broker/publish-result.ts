import type { Outcome } from '../model';
import type { DeliveryReport } from './queued-delivery';

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
  /** Messages that its backlog limit cost: older ones, or, when this one is not stored, this one. Absent: none. */
  readonly dropped?: number;
}

/** What became of one published message at each subscriber of its topic. */
export interface PublishResult {
  readonly id: string;
  readonly topic: string;
  readonly timestamp: string;
  readonly delivered: readonly Delivered[];
  readonly undelivered: readonly Undelivered[];
}

/** Sorts the reports into those who received the message and those who did not. */
export function publishResult(
  { id, topic, timestamp }: Pick<PublishResult, 'id' | 'topic' | 'timestamp'>,
  reports: readonly DeliveryReport[],
): PublishResult {
  const delivered: Delivered[] = [];
  const undelivered: Undelivered[] = [];
  for (const { url, outcome, status, durationMs, stored, dropped } of reports) {
    if (outcome === 'delivered') delivered.push({ url, status: status ?? 200, durationMs });
    else {
      undelivered.push({
        url,
        outcome,
        ...(status !== undefined && { status }),
        stored,
        ...(dropped > 0 && { dropped }),
      });
    }
  }
  return { id, topic, timestamp, delivered, undelivered };
}

/** Whether a subscriber has neither the message nor a stored copy, though its own limits do not say so. */
export function isLost({ undelivered }: PublishResult): boolean {
  return undelivered.some(({ stored, outcome }) => !stored && outcome !== 'dropped');
}
