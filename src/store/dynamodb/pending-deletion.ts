import { PurgeInterruptedError } from '../../errors';
import { forEachBounded } from './bounded';
import { storeUnavailable } from './faults';
import { toPendingMessage } from './message-item';
import type { PendingIndex, Range } from './pending-index';
import { type Item, type Table, textOf } from './table';

export interface PendingDeletionDeps {
  readonly table: Table;
  readonly index: PendingIndex;
  /** Copies that are deleted at once. */
  readonly atOnce: number;
}

/** Deletes a subscriber's pending copies, oldest first. */
export class PendingDeletion {
  constructor(private readonly deps: PendingDeletionDeps) {}

  /**
   * Deletes at most `limit` of those within the range.
   *
   * @returns how many were deleted; rejects with PurgeInterruptedError, which says that, too, when it fails on the way
   */
  async purge(subscriber: string, range: Range, limit: number): Promise<number> {
    let purged = 0;
    if (limit <= 0) return purged;
    try {
      const pages = this.deps.index.positions(subscriber, range, () => limit - purged);
      for await (const positions of pages) {
        await forEachBounded(positions, this.deps.atOnce, async (timestamp) => {
          if (await this.#deleteOne({ subscriber, timestamp })) purged++;
        });
        if (purged >= limit) return purged;
      }
      return purged;
    } catch (error) {
      throw purged > 0
        ? new PurgeInterruptedError(purged, storeUnavailable('purge a backlog', error))
        : error;
    }
  }

  /** Deletes those that expired at or before `now` (unix milliseconds), up to the first that is live, at most `limit`. */
  async purgeExpired(subscriber: string, now: number, limit: number): Promise<number> {
    let purged = 0;
    // As a rule none has: then one copy is read.
    const wanted = () => (purged === 0 ? 1 : limit - purged);
    for await (const page of this.deps.index.copies(subscriber, {}, wanted)) {
      const firstLive = page.items.findIndex((item) => toPendingMessage(item).expiresAt > now);
      const expired = firstLive < 0 ? page.items : page.items.slice(0, firstLive);
      await forEachBounded(expired, this.deps.atOnce, async (item) => {
        if (await this.#deleteOne({ subscriber, timestamp: textOf(item, 'timestamp') })) purged++;
      });
      if (firstLive >= 0 || purged >= limit) break;
    }
    return purged;
  }

  async #deleteOne(Key: Item): Promise<boolean> {
    const change = await this.deps.table.delete({
      Key,
      // It may have been received since it was read, and is history then.
      ConditionExpression: 'attribute_exists(pending)',
    });
    // Where it is unclear, the row is gone, and more must not be deleted in its place.
    return change !== 'refused';
  }
}
