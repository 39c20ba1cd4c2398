import type { Clock } from '../../clock';
import { HeraldError, StoreUnavailableError } from '../../errors';
import { microsOfMessageId } from '../../message-id';
import type { Message, PendingMessage } from '../../model';
import { formatTimestamp } from '../../timestamp';
import type {
  Copy,
  LateCopy,
  MessageStore,
  PendingPage,
  PendingQuery,
  PurgeBounds,
  PutFailure,
} from '../message-store';
import { BacklogFlags } from './backlog-flags';
import { forEachBounded } from './bounded';
import { CopyWriter, MAX_SHIFT_MICROS } from './copy-writer';
import { storeUnavailable } from './faults';
import { MAX_DATA_BYTES, toPendingMessage, toTtlSeconds } from './message-item';
import { PendingDeletion } from './pending-deletion';
import { MAX_PAGE_COPIES, PendingIndex, type Range } from './pending-index';
import type { Requests } from './requests';
import { type Item, type Table, textOf } from './table';

/** Items that one call writes or looks up at once. */
const MAX_CONCURRENT_ITEMS = 64;

const UNLESS_LATE = ' AND attribute_not_exists(is_late)';

export interface DynamoDbMessageStoreDeps {
  readonly table: Table;
  readonly requests: Requests;
  readonly clock: Clock;
}

/** The MessageStore on a DynamoDB table; its rows are described in docs/dynamodb.md. */
export class DynamoDbMessageStore implements MessageStore {
  readonly maxMessageBytes = MAX_DATA_BYTES;
  readonly #index: PendingIndex;
  readonly #flags: BacklogFlags;
  readonly #writer: CopyWriter;
  readonly #deletion: PendingDeletion;

  constructor(private readonly deps: DynamoDbMessageStoreDeps) {
    const { table, clock, requests } = deps;
    this.#index = new PendingIndex(table);
    this.#flags = new BacklogFlags({ table, clock, index: this.#index });
    this.#writer = new CopyWriter({ table, requests, flags: this.#flags });
    this.#deletion = new PendingDeletion({ table, index: this.#index, atOnce: MAX_CONCURRENT_ITEMS });
  }

  async put(message: Message, copies: readonly Copy[]): Promise<readonly PutFailure[]> {
    this.#refuseOversize(message);
    const { clock, requests } = this.deps;
    const failures: PutFailure[] = [];
    // A request is given up when its next pause would end behind its deadline, so up to one pause early.
    const { deadlineMs, maxDelayMs } = requests.policy;
    const patienceMs = deadlineMs - maxDelayMs;
    let progressAt = clock.monotonicMs();
    await forEachBounded(copies, MAX_CONCURRENT_ITEMS, async (copy) => {
      try {
        // However many copies there are, a store that is down is waited for only once.
        if (clock.monotonicMs() - progressAt >= patienceMs) {
          throw new StoreUnavailableError('DynamoDB did not answer; the copy was not tried');
        }
        await this.#writer.write(message, copy);
        progressAt = clock.monotonicMs();
      } catch (error) {
        failures.push({ subscriber: copy.subscriber, error: storeUnavailable('store the copy', error) });
      }
    });
    const [first] = failures;
    if (first && failures.length === copies.length) throw first.error;
    return failures;
  }

  async pending(subscriber: string, query: PendingQuery): Promise<PendingPage> {
    const { after, before, limit, maxBytes, now } = query;
    const messages: PendingMessage[] = [];
    if (after !== undefined && before !== undefined && after >= before) return { messages, hasMore: false };
    let bytes = 0;
    let isAnyExpired = false;
    const isFull = () => messages.length >= limit || (bytes > maxBytes && messages.length > 0);
    // Where one has expired, many have: a request for each of them would take far longer than reading too many once.
    const pages = this.#index.copies(subscriber, rangeOf(query), () =>
      isAnyExpired ? MAX_PAGE_COPIES : limit - messages.length,
    );
    for await (const page of pages) {
      for (const item of page.items) {
        if (isFull()) return { messages, hasMore: true };
        const message = toPendingMessage(item);
        if (message.position === before) return { messages, hasMore: false };
        if (message.expiresAt <= now) {
          // It only waits for DynamoDB to delete it.
          isAnyExpired = true;
          continue;
        }
        messages.push(message);
        bytes += Buffer.byteLength(message.data);
      }
      if (isFull()) return { messages, hasMore: page.hasMore };
    }
    return { messages, hasMore: false };
  }

  async locate(subscriber: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const positions = new Map<string, string>();
    await forEachBounded(new Set(ids), MAX_CONCURRENT_ITEMS, async (id) => {
      const position = await this.#locateOne(subscriber, id);
      if (position !== null) positions.set(id, position);
    });
    return positions;
  }

  async markReceived(subscriber: string, positions: readonly string[], expiresAt: number): Promise<number> {
    let marked = 0;
    await forEachBounded(positions, MAX_CONCURRENT_ITEMS, async (position) => {
      if (await this.#markOne({ subscriber, timestamp: position }, expiresAt)) marked++;
    });
    return marked;
  }

  async markReceivedUpTo(subscriber: string, position: string, expiresAt: number): Promise<number> {
    let marked = 0;
    for await (const positions of this.#index.positions(subscriber, { upTo: position })) {
      await forEachBounded(positions, MAX_CONCURRENT_ITEMS, async (timestamp) => {
        if (await this.#markOne({ subscriber, timestamp }, expiresAt, UNLESS_LATE)) marked++;
      });
    }
    return marked;
  }

  async setAside(subscriber: string, position: string, reason: string): Promise<void> {
    await this.deps.table.update({
      Key: { subscriber, timestamp: position },
      UpdateExpression: 'SET aside_reason = :reason',
      // Without it an unknown position would make a new row.
      ConditionExpression: 'attribute_exists(pending)',
      ExpressionAttributeValues: { ':reason': reason },
    });
  }

  /** Keeps no number of copies by itself: counting costs reading every key. */
  purge(subscriber: string, bounds: PurgeBounds): Promise<number> {
    return this.#deletion.purge(subscriber, rangeOf(bounds), bounds.limit ?? Infinity);
  }

  purgeExpired(subscriber: string, now: number, limit: number): Promise<number> {
    return this.#deletion.purgeExpired(subscriber, now, limit);
  }

  countPending(subscriber: string): Promise<number> {
    return this.#index.count(subscriber);
  }

  subscribersWithBacklog(): Promise<readonly string[]> {
    return this.#flags.subscribersWithBacklog();
  }

  /** DynamoDB deletes expired rows by itself. */
  deleteExpired(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Unknown without reading everything. */
  readonly lateCopies = (): Promise<readonly LateCopy[]> => Promise.resolve([]);

  /** Unknown without reading everything, and not needed: a position that is taken is never overwritten. */
  lastPosition(): Promise<number> {
    return Promise.resolve(0);
  }

  /** Returns whether the copy was pending until this call. */
  async #markOne(Key: Item, expiresAt: number, condition = ''): Promise<boolean> {
    const { table } = this.deps;
    const ttlSeconds = toTtlSeconds(expiresAt);
    const change = await table.update({
      Key,
      UpdateExpression: 'SET is_received = :true, expires_at = :expires REMOVE pending',
      // Without it an unknown position would make a new row, and two calls would both count the same copy.
      ConditionExpression: `attribute_exists(pending)${condition}`,
      ExpressionAttributeValues: { ':true': true, ':expires': ttlSeconds },
    });
    if (change !== 'unclear') return change === 'made';
    const there = await table.get({ Key, ProjectionExpression: 'is_received, expires_at' });
    return there?.is_received === true && there.expires_at === ttlSeconds;
  }

  async #locateOne(subscriber: string, id: string): Promise<string | null> {
    const micros = microsOfMessageId(id);
    if (micros === null) return null;
    const query = {
      KeyConditionExpression: 'subscriber = :subscriber AND #timestamp BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#timestamp': 'timestamp' },
      ExpressionAttributeValues: {
        ':subscriber': subscriber,
        ':from': formatTimestamp(micros),
        ':to': formatTimestamp(micros + MAX_SHIFT_MICROS),
      },
      ProjectionExpression: '#timestamp, id, pending',
    };
    // Nearly always the copy is the first row at or behind its timestamp; the others cost their whole size to read.
    let limit = 1;
    for await (const page of this.deps.table.query(query, () => limit)) {
      const item = page.items.find((row) => row.id === id);
      if (item) return 'pending' in item ? textOf(item, 'timestamp') : null;
      limit = 25;
    }
    return null;
  }

  #refuseOversize(message: Message): void {
    if (Buffer.byteLength(message.data) <= this.maxMessageBytes) return;
    throw new HeraldError(
      'message_too_large',
      `The message must be at most ${this.maxMessageBytes} bytes long`,
    );
  }
}

function rangeOf({ after, before }: Pick<PendingQuery, 'after' | 'before'>): Range {
  return { ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}
