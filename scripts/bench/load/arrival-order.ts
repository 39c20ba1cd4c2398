/** How the order in which messages came compares with that of their timestamps. */
export interface OrderReport {
  readonly arrivals: number;
  /** Arrivals of a message that had come before. */
  readonly repeated: number;
  /** Messages that did not come at the place that their timestamp gives them. */
  readonly displaced: number;
  /** The furthest that one was from its place, in messages. */
  readonly maxDisplacement: number;
}

const TIMESTAMP = Buffer.from('"timestamp":"');
const TIMESTAMP_BYTES = 32;

/** Notes the timestamps of messages as they come. */
export class ArrivalOrder {
  readonly #timestamps: string[] = [];

  add(body: Buffer): void {
    const at = body.indexOf(TIMESTAMP) + TIMESTAMP.length;
    this.#timestamps.push(body.toString('latin1', at, at + TIMESTAMP_BYTES));
  }

  report(): OrderReport {
    const first = [...new Set(this.#timestamps)];
    const places = new Map(first.toSorted().map((timestamp, place) => [timestamp, place]));
    let displaced = 0;
    let maxDisplacement = 0;
    first.forEach((timestamp, arrived) => {
      const distance = Math.abs((places.get(timestamp) ?? arrived) - arrived);
      if (distance > 0) displaced += 1;
      maxDisplacement = Math.max(maxDisplacement, distance);
    });
    const arrivals = this.#timestamps.length;
    return { arrivals, repeated: arrivals - first.length, displaced, maxDisplacement };
  }
}
