import type { Clock } from '../../clock';
import { StoreUnavailableError } from '../../errors';
import { TimestampSource } from '../../timestamp';
import type { Deadline, Requests } from './requests';
import type { Change, Item, Table } from './table';

/** When the row was changed last: unix microseconds, or just above the stamp that stood there before. */
export const STAMP = 'changed_at';

/** What a change needs, for its condition: `:stamp` is its own. */
export const IS_NEWER = `(attribute_not_exists(${STAMP}) OR ${STAMP} < :stamp)`;

/** A row that another process stamped with a clock that is ahead is met once; that it happens again is next to impossible. */
const MAX_TRIES = 5;

/** Parts of the table that are read at once. */
const SCAN_SEGMENTS = 4;

export interface StampedChangesDeps {
  readonly table: Table;
  readonly requests: Requests;
  readonly clock: Clock;
}

/**
 * Changes rows so that of two changes of a row the one that was asked for last holds, also when DynamoDB carries out an
 * attempt at the other one after it was given up: each has a stamp, and is made only where an older one stands, or none.
 * Of one row at most one change may be asked for at a time.
 */
export class StampedChanges {
  readonly #stamps: TimestampSource;

  constructor(private readonly deps: StampedChangesDeps) {
    this.#stamps = new TimestampSource(deps.clock);
  }

  /**
   * @param change makes the change, on the condition IS_NEWER, with this stamp
   * @param Key the row's
   */
  async make(change: (stamp: number, deadline: Deadline) => Promise<Change>, Key: Item): Promise<void> {
    const { table, requests } = this.deps;
    const deadline = requests.newDeadline();
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const stamp = this.#stamps.next();
      const made = await change(stamp, deadline);
      if (made === 'made') return;
      const there = await table.get({ Key, ProjectionExpression: STAMP }, deadline);
      // It is the change's own where an earlier attempt made it, and its answer was lost.
      if (made === 'unclear' && there?.[STAMP] === stamp) return;
      // Another process's clock is ahead; the last one to ask wins all the same.
      this.#seen(there);
    }
    throw new StoreUnavailableError('Others kept changing a row with clocks that are ahead');
  }

  /**
   * Reads the table, and what each row says; stamps that come are above those of the rows.
   *
   * @param filter a FilterExpression, for the rows that are wanted
   */
  async readAll<T>(toValue: (row: Item) => T, filter?: string): Promise<T[]> {
    const segments = Array.from({ length: SCAN_SEGMENTS }, async (_, segment) => {
      const found: T[] = [];
      const pages = this.deps.table.scan({
        ...(filter !== undefined && { FilterExpression: filter }),
        Segment: segment,
        TotalSegments: SCAN_SEGMENTS,
      });
      for await (const page of pages) {
        for (const row of page.items) {
          this.#seen(row);
          found.push(toValue(row));
        }
      }
      return found;
    });
    return (await Promise.all(segments)).flat();
  }

  #seen(row: Item | null): void {
    const stamp = row?.[STAMP];
    if (typeof stamp === 'number') this.#stamps.startAbove(stamp);
  }
}
