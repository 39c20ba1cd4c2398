import type { Clock } from '../../clock';
import { StoreUnavailableError } from '../../errors';
import { forEachBounded } from './bounded';
import { isTransient } from './faults';
import type { PendingIndex } from './pending-index';
import type { Deadline } from './requests';
import { fullUrlAttribute, subscriberOf, subscriberSortKey } from './sort-key';
import type { Item, Table } from './table';

/** The partition of the messages table that holds the flags; no subscriber is called so, since it is no URL. */
const PARTITION = 'backlog';

/** A flag that this process wrote longer ago is written anew. */
const REFRESH_AFTER_MS = 24 * 3_600_000;

/**
 * A flag is lowered only when it is older than this. Since every process that stores copies relies on no flag older
 * than REFRESH_AFTER_MS, none relies on a lowered one, even if the processes' clocks differ by hours.
 */
const LOWER_AFTER_MS = 2 * REFRESH_AFTER_MS;

/** Flags remembered as written; beyond that all are forgotten, which only costs writing them again. */
const MAX_REMEMBERED = 50_000;

const MAX_CONCURRENT_CHECKS = 16;

/** After so many of which it could not be told whether they have a backlog, the others are not asked: each takes seconds. */
const MAX_UNKNOWN = MAX_CONCURRENT_CHECKS;

interface Raised {
  /** Unix milliseconds, as the flag says it. */
  readonly at: number;
  /** By the monotonic clock. */
  readonly raisedAt: number;
  readonly written: Promise<unknown>;
}

export interface BacklogFlagsDeps {
  readonly table: Table;
  readonly index: PendingIndex;
  readonly clock: Clock;
}

/**
 * One row per subscriber that had a copy stored in the last days, so that those with a backlog are found without
 * reading messages. A subscriber's flag is written before its copy is, so a copy without a flag cannot be.
 */
export class BacklogFlags {
  readonly #raised = new Map<string, Raised>();

  constructor(private readonly deps: BacklogFlagsDeps) {}

  /** Resolves when the subscriber's flag is stored; costs nothing if this process stored it within a day. */
  async raise(subscriber: string, deadline: Deadline): Promise<void> {
    const at = this.deps.clock.now();
    const raisedAt = this.deps.clock.monotonicMs();
    let raised = this.#raised.get(subscriber);
    // Old by either: a clock that was set back makes no flag younger, and a machine that slept has not counted its sleep.
    const isOld = raised && Math.max(at - raised.at, raisedAt - raised.raisedAt) >= REFRESH_AFTER_MS;
    if (!raised || isOld) {
      raised = { at, raisedAt, written: this.#write(subscriber, at, deadline) };
      if (this.#raised.size >= MAX_REMEMBERED) this.#raised.clear();
      this.#raised.set(subscriber, raised);
    }
    try {
      await raised.written;
    } catch (error) {
      if (this.#raised.get(subscriber) === raised) this.#raised.delete(subscriber);
      throw error;
    }
  }

  /**
   * The flagged subscribers that have pending copies, or may have: those of which that cannot be told now, perhaps since
   * their partition is throttled. Flags of the others are lowered once they are old.
   */
  async subscribersWithBacklog(): Promise<string[]> {
    const found: string[] = [];
    let unknown = 0;
    const flags = this.deps.table.query({
      KeyConditionExpression: 'subscriber = :partition',
      ExpressionAttributeValues: { ':partition': PARTITION },
    });
    for await (const page of flags) {
      await forEachBounded(page.items, MAX_CONCURRENT_CHECKS, async (flag) => {
        const subscriber = subscriberOf(flag, 'timestamp');
        const isEmpty = unknown < MAX_UNKNOWN ? await this.#isEmpty(subscriber) : null;
        if (isEmpty === true) await this.#lower(flag);
        else found.push(subscriber);
        if (isEmpty === null) unknown += 1;
      });
    }
    return found;
  }

  /** Null when DynamoDB does not answer in time; other faults are everybody's, and not hidden. */
  async #isEmpty(subscriber: string): Promise<boolean | null> {
    try {
      return await this.deps.index.isEmpty(subscriber);
    } catch (error) {
      if (error instanceof StoreUnavailableError && isTransient(error.cause)) return null;
      throw error;
    }
  }

  #write(subscriber: string, now: number, deadline: Deadline): Promise<unknown> {
    const Item = {
      subscriber: PARTITION,
      timestamp: subscriberSortKey(subscriber),
      flagged_at: now,
      ...fullUrlAttribute(subscriber),
    };
    return this.deps.table.put({ Item }, deadline);
  }

  async #lower(flag: Item): Promise<void> {
    const flaggedAt = flag.flagged_at;
    if (typeof flaggedAt !== 'number' || this.deps.clock.now() - flaggedAt < LOWER_AFTER_MS) return;
    await this.deps.table.delete({
      Key: { subscriber: PARTITION, timestamp: flag.timestamp },
      // Another process may have raised it again since it was read.
      ConditionExpression: 'flagged_at = :seen',
      ExpressionAttributeValues: { ':seen': flaggedAt },
    });
  }
}
