import type { TailEvent } from './tail-event';

export interface TailRingLimits {
  readonly maxEvents: number;
  /** Of the events, about. */
  readonly maxBytes: number;
}

/** What a reader that was away has missed. */
export interface Missed {
  /** Those that are still there, oldest first. */
  readonly events: readonly TailEvent[];
  /** How many are not; null when that is not known. */
  readonly lost: number | null;
  /** The number of the last event before `events`. */
  readonly before: number;
}

/** The latest events, numbered from 1. */
export class TailRing {
  /** Those before `#start` are gone; the array is cut now and then, so that each event is moved once at most. */
  #events: TailEvent[] = [];
  #start = 0;
  #bytes = 0;
  #last = 0;

  constructor(private readonly limits: TailRingLimits) {}

  /** The number of the latest event; 0 when there was none. */
  get last(): number {
    return this.#last;
  }

  get size(): number {
    return this.#events.length - this.#start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(event: TailEvent): void {
    this.#last += 1;
    this.#events.push(event);
    this.#bytes += event.size;
    while (this.size > this.limits.maxEvents || (this.#bytes > this.limits.maxBytes && this.size > 1)) {
      this.#bytes -= this.#events[this.#start]?.size ?? 0;
      this.#start += 1;
    }
    if (this.#start > this.limits.maxEvents) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }

  /** @param seen the number of the last event that the reader has; null when it is not one of this ring's */
  since(seen: number | null): Missed {
    const before = this.#last - this.size;
    const known = seen !== null && seen <= this.#last ? seen : null;
    if (known !== null && known >= before) {
      return { events: this.#events.slice(this.#start + known - before), lost: 0, before: known };
    }
    return {
      events: this.#events.slice(this.#start),
      lost: known === null ? null : before - known,
      before,
    };
  }
}
