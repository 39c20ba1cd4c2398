import type { PushResult } from '../delivery/push-client';
import { ERROR_CODES, type ErrorCode } from '../errors';
import { Distribution } from './distribution';

/**
 * What became of a publish. `received`: everybody has it (200). `stored`: it is in the backlog of some (202). `lost`: for
 * some it could not be stored (503). `replayed`: answered again what its idempotency key was answered before. `refused`:
 * not published, by the caller's fault (4xx). `failed`: not published, by a fault of this side (5xx).
 */
export const PUBLISH_RESULTS = ['received', 'stored', 'lost', 'replayed', 'refused', 'failed'] as const;
export type PublishResultName = (typeof PUBLISH_RESULTS)[number];

type AttemptedOutcome = PushResult['outcome'];

/** Every outcome that an attempt can have; the compiler says when one is missing. */
const NO_DELIVERIES: Readonly<Record<AttemptedOutcome, 0>> = {
  delivered: 0,
  http_status: 0,
  redirect_refused: 0,
  timeout: 0,
  connection_refused: 0,
  connection_reset: 0,
  dns_error: 0,
  tls_error: 0,
  blocked_address: 0,
  response_too_large: 0,
  queued: 0,
};

/** Seconds. A push ends at its deadline, 5 s unless set, and a publish with its last push. */
const PUSH_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STORE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export interface StoreTally {
  readonly seconds: Distribution;
  errors: number;
}

/**
 * Counts what happens, from the start of the process: plain numbers, of which each costs some nanoseconds (a counter of
 * the metrics library costs 0.2 µs, a histogram 0.3 to 0.5 µs, and loading it 100 ms and 11 MiB). So nothing that
 * happened before the first scrape is missing, and whoever does not scrape pays nothing. Nothing here throws.
 */
export class Tallies {
  readonly publishes = zeros(PUBLISH_RESULTS);
  /** Of publishes that were carried out. */
  readonly publishSeconds = new Distribution(PUSH_BOUNDS);
  readonly deliveries: Record<AttemptedOutcome, number> = { ...NO_DELIVERIES };
  /** Of pushes; one that did not get its turn is none. */
  readonly deliverySeconds = new Distribution(PUSH_BOUNDS);
  /** Requests that were answered with an error. */
  readonly requestErrors = zeros(Object.keys(ERROR_CODES) as ErrorCode[]);
  readonly store = new Map<string, StoreTally>();
  #dropped = 0;

  /** Messages that the limits of their subscribers' backlogs cost. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param seconds how long it took; absent when nothing was pushed or stored */
  published(result: PublishResultName, seconds?: number): void {
    this.publishes[result] += 1;
    if (seconds !== undefined) this.publishSeconds.observe(seconds);
  }

  attempted(outcome: AttemptedOutcome, durationMs: number): void {
    this.deliveries[outcome] += 1;
    if (outcome !== 'queued') this.deliverySeconds.observe(durationMs / 1000);
  }

  backlogDropped(messages: number): void {
    this.#dropped += messages;
  }

  requestFailed(code: ErrorCode): void {
    this.requestErrors[code] += 1;
  }

  /** The tally of one operation of the store, made at first. */
  storeTally(operation: string): StoreTally {
    let tally = this.store.get(operation);
    if (!tally) {
      tally = { seconds: new Distribution(STORE_BOUNDS), errors: 0 };
      this.store.set(operation, tally);
    }
    return tally;
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
