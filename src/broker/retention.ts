import type { Clock, Timer } from '../clock';
import type { Logger } from '../logger';

/** Deletes at most `limit` of what expired at or before `now`, and says how many that were. */
export type DeleteExpired = (now: number, limit: number) => Promise<number>;

/**
 * Expired rows are looked for this often, at first within this time from the start. Until they are deleted they take space,
 * and those behind live ones count as pending.
 */
const PERIOD_MS = 5000;
/** Rows deleted with one call. */
const BATCH = 500;
/** The pause between two calls, for others to get their turn. */
const PAUSE_MS = 10;

export interface RetentionDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1): servers that start together do not begin together. */
  readonly random: () => number;
  readonly tasks: readonly DeleteExpired[];
}

/** Deletes what has expired, in small steps, as long as it runs. */
export class Retention {
  #timer: Timer | null = null;
  #working: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(private readonly deps: RetentionDeps) {}

  start(): Promise<void> {
    this.#sleep(Math.floor(this.deps.random() * PERIOD_MS));
    return Promise.resolve();
  }

  /** Resolves when no deletion is under way any more. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    return this.#working;
  }

  #sleep(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = this.deps.clock.setTimer(() => {
      this.#working = this.#deleteSome();
    }, ms);
  }

  async #deleteSome(): Promise<void> {
    let isDone = true;
    for (const task of this.deps.tasks) {
      try {
        const deleted = await task(this.deps.clock.now(), BATCH);
        if (deleted > 0) this.deps.log.debug({ deleted }, 'retention.deleted');
        if (deleted >= BATCH) isDone = false;
      } catch (error) {
        this.deps.log.warn({ err: error }, 'retention.failed');
      }
    }
    this.#sleep(isDone ? PERIOD_MS : PAUSE_MS);
  }
}
