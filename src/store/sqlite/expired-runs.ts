/** Subscribers of which a run is remembered; beyond that the oldest is forgotten, which only costs finding it again. */
const MAX_RUNS = 1000;

interface Run {
  readonly after: number;
  readonly upTo: number;
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * One long run of expired copies per subscriber: at some time, all that were pending behind one position, up to another,
 * had expired. So a backlog is read without going over them again, until they are deleted. Whoever stores a copy says so.
 */
export class ExpiredRuns {
  readonly #runs = new Map<number, Run>();

  /** The position behind which to read on at the time `now`, instead of behind `position`. */
  skip(subscriberId: number, position: number, now: number): number {
    const run = this.#runs.get(subscriberId);
    // The clock may have been set back to when they were live.
    if (!run || now < run.at) return position;
    return run.after <= position && position < run.upTo ? run.upTo : position;
  }

  /** At the time `now`, all that are pending behind `after` and not behind `upTo` have expired. */
  found(subscriberId: number, after: number, upTo: number, now: number): void {
    const known = this.#runs.get(subscriberId);
    // It goes on behind what is known.
    const isMore = known && known.at <= now && known.after <= after && after <= known.upTo;
    this.#runs.delete(subscriberId);
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined && this.#runs.size >= MAX_RUNS) this.#runs.delete(oldest);
    this.#runs.set(subscriberId, { after: isMore ? known.after : after, upTo, at: now });
  }

  /** A copy is stored there, that may be live. */
  stored(subscriberId: number, position: number): void {
    const run = this.#runs.get(subscriberId);
    if (run && run.after < position && position <= run.upTo) this.#runs.delete(subscriberId);
  }
}
