import type { Envelope } from '../delivery/push-client';
import type { Message, Outcome } from '../model';
import type { Written } from './backlog-writer';
import type { MessageCopies } from './message-copies';

/** A message as its publish hands it to every subscriber's queue. */
export interface Publication {
  readonly message: Message;
  /** The message's timestamp in unix microseconds. */
  readonly micros: number;
  /** Whether it was given its timestamp in the task that hands it over; if not, its place is held, or it comes late. */
  readonly isNew: boolean;
  readonly envelope: Envelope;
  readonly copies: MessageCopies;
  /** Until when the publisher waits for a push, by the monotonic clock. */
  readonly deadline: number;
}

/** What became of a message at one subscriber, as far as its publisher is told. */
export interface DeliveryReport {
  readonly url: string;
  readonly outcome: Outcome;
  /** The HTTP status that the subscriber answered, when it answered one. */
  readonly status?: number;
  readonly durationMs: number;
  /** Whether its copy is durably in the backlog. */
  readonly stored: boolean;
  /** Messages that the subscriber's backlog limit cost. */
  readonly dropped: number;
  /** Why it could not be stored. */
  readonly error?: Error;
}

/** What an attempt, or the lack of one, came to. */
export type Missed = Pick<DeliveryReport, 'outcome' | 'status' | 'durationMs'>;

/** One message on its way to one subscriber, from the publish until it is delivered or in the backlog. */
export class QueuedDelivery {
  /** Resolves when the message is delivered, or is in the backlog, or cannot be stored. Never rejects. */
  readonly settled: Promise<DeliveryReport>;
  #resolve: (report: DeliveryReport) => void = () => undefined;
  #isSettled = false;
  #writing: Promise<Written> | null = null;

  constructor(
    readonly url: string,
    readonly publication: Publication,
    private readonly write: () => Promise<Written>,
  ) {
    this.settled = new Promise((resolve) => (this.#resolve = resolve));
  }

  hasSettled(): boolean {
    return this.#isSettled;
  }

  /** The copy that was asked for while the message is still on its way; null when none was. */
  get writing(): Promise<Written> | null {
    return this.#writing;
  }

  /** Puts a copy into the backlog, once however often it is called. Never rejects. */
  store(): Promise<Written> {
    this.#writing ??= this.write();
    return this.#writing;
  }

  settle(report: DeliveryReport): void {
    this.#isSettled = true;
    this.#resolve(report);
  }

  /** The report of a message that was not delivered in real time. */
  reportOf(missed: Missed, { stored, dropped, error }: Written): DeliveryReport {
    const outcome = error ? 'store_failed' : stored ? missed.outcome : 'dropped';
    return { ...missed, url: this.url, outcome, stored, dropped, ...(error && { error }) };
  }
}
