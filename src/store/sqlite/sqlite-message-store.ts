import { PurgeInterruptedError } from '../../errors';
import type { Message } from '../../model';
import { formatTimestamp, parseTimestamp } from '../../timestamp';
import { traceField, traceText } from '../../trace-context';
import type {
  Copy,
  LateCopy,
  MessageStore,
  PendingPage,
  PendingQuery,
  PurgeBounds,
  PutFailure,
} from '../message-store';
import { CHUNK, NEVER, deleteInSteps, inChunks, wholeMs } from './bounded-steps';
import type { SqliteClient } from './sqlite-client';

/** Of more damaged copies than this it is not told. */
const MAX_TOLD = 1_000;

/**
 * MessageStore on the embedded database. What concerns many copies is done in steps of some hundred, each durable by
 * itself; when a later step fails, the earlier ones stay done, and asking again does the rest.
 */
export class SqliteMessageStore implements MessageStore {
  readonly maxMessageBytes = 16 * 1024 * 1024;

  /** Copies that were told of. */
  readonly #damaged = new Set<string>();

  /** @param onDamaged told once of each pending copy that is left out of its backlog since its message is missing */
  constructor(
    private readonly client: SqliteClient,
    private readonly onDamaged: (subscriber: string, position: string) => void = () => undefined,
  ) {}

  /** @throws RangeError when the data is larger than `maxMessageBytes` or the timestamp is in another form */
  async put(message: Message, copies: readonly Copy[]): Promise<readonly PutFailure[]> {
    if (Buffer.byteLength(message.data) > this.maxMessageBytes) {
      throw new RangeError(`A message has at most ${this.maxMessageBytes} bytes.`);
    }
    const { id, topic, data } = message;
    const trace = message.trace ? traceText(message.trace) : null;
    const body = { id, topic, timestamp: microsOf(message.timestamp), data, trace };
    const distinct = new Map(copies.map((copy) => [copy.subscriber, copy]));
    const chunks = inChunks([...distinct.values()]);
    const settled = await Promise.allSettled(
      chunks.map((chunk) => {
        const urls = chunk.map(({ subscriber }) => subscriber);
        const expiries = chunk.map(({ expiresAt }) => wholeMs(expiresAt));
        const late = chunk.filter(({ isLate }) => isLate).map(({ subscriber }) => subscriber);
        return this.client.write('putCopies', [body, urls, expiries, late], chunk.length, data.length);
      }),
    );
    const failures = settled.flatMap((one, n): PutFailure[] => {
      if (one.status === 'fulfilled') return [];
      const error = one.reason as Error;
      return (chunks[n] ?? []).map(({ subscriber }) => ({ subscriber, error }));
    });
    if (failures[0] && failures.length === distinct.size) throw failures[0].error;
    return failures;
  }

  /** @throws RangeError when a bound is not a position */
  async pending(subscriber: string, query: PendingQuery): Promise<PendingPage> {
    let after = query.after === undefined ? 0 : microsOf(query.after);
    const before = query.before === undefined ? NEVER : microsOf(query.before);
    const { limit, maxBytes, now } = query;
    const read = () => this.client.read('pendingPage', [subscriber, after, before, limit, maxBytes, now]);
    let [rows, hasMore, missing] = await read();
    for (;;) {
      for (const position of missing) this.#tellOfDamage(subscriber, formatTimestamp(position));
      if (rows.length > 0 || !hasMore) break;
      after = missing.at(-1) ?? after;
      [rows, hasMore, missing] = await read();
    }
    const messages = rows.map(
      ([position, id, topic, timestamp, data, expiresAt, asideReason, trace, isLate]) => ({
        id,
        topic,
        timestamp: formatTimestamp(timestamp),
        data,
        position: formatTimestamp(position),
        expiresAt,
        ...(asideReason !== null && { asideReason }),
        ...traceField(trace),
        ...(isLate === 1 && { isLate: true as const }),
      }),
    );
    return { messages, hasMore };
  }

  #tellOfDamage(subscriber: string, position: string): void {
    const copy = `${subscriber} ${position}`;
    if (this.#damaged.has(copy) || this.#damaged.size >= MAX_TOLD) return;
    this.#damaged.add(copy);
    this.onDamaged(subscriber, position);
  }

  async locate(subscriber: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = await Promise.all(
      inChunks(ids).map((chunk) => this.client.read('locate', [subscriber, chunk])),
    );
    return new Map(found.flat().map(([id, position]) => [id, formatTimestamp(position)]));
  }

  async markReceived(subscriber: string, positions: readonly string[], expiresAt: number): Promise<number> {
    const micros = positions.map(parseTimestamp).filter((position) => position !== null);
    const counts = await Promise.all(
      inChunks(micros).map((chunk) =>
        this.client.write('markReceived', [subscriber, chunk, wholeMs(expiresAt)], chunk.length),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** @throws RangeError when `position` is none */
  async markReceivedUpTo(subscriber: string, position: string, expiresAt: number): Promise<number> {
    const args = [subscriber, microsOf(position), wholeMs(expiresAt), CHUNK] as const;
    let total = 0;
    for (;;) {
      const count = await this.client.write('markReceivedUpTo', [...args], CHUNK);
      total += count;
      if (count < CHUNK) return total;
    }
  }

  async setAside(subscriber: string, position: string, reason: string): Promise<void> {
    const micros = parseTimestamp(position);
    if (micros !== null) await this.client.write('setAside', [subscriber, micros, reason]);
  }

  /** @throws RangeError when `before` is not a position */
  async purge(subscriber: string, bounds: PurgeBounds): Promise<number> {
    const before = bounds.before === undefined ? NEVER : microsOf(bounds.before);
    const keep = bounds.keep ?? 0;
    let purged = 0;
    try {
      return await deleteInSteps(bounds.limit ?? NEVER, async (limit) => {
        const deletion = await this.client.write('purge', [subscriber, before, limit, keep], limit);
        purged += deletion[0];
        return deletion;
      });
    } catch (error) {
      throw purged > 0 && error instanceof Error ? new PurgeInterruptedError(purged, error) : error;
    }
  }

  async purgeExpired(subscriber: string, now: number, limit: number): Promise<number> {
    return deleteInSteps(limit, (step) => this.client.write('purgeExpired', [subscriber, now, step], step));
  }

  async deleteExpired(now: number, limit: number): Promise<number> {
    return deleteInSteps(limit, (step) => this.client.write('deleteExpired', [now, step], step));
  }

  countPending(subscriber: string): Promise<number> {
    return this.client.read('countPending', [subscriber]);
  }

  subscribersWithBacklog(): Promise<readonly string[]> {
    return this.client.read('subscribersWithBacklog', []);
  }

  lateCopies(limit: number): Promise<readonly LateCopy[]> {
    return this.client.read('lateCopies', [limit]);
  }

  lastPosition(): Promise<number> {
    return this.client.read('lastPosition', []);
  }
}

function microsOf(position: string): number {
  const micros = parseTimestamp(position);
  if (micros === null) throw new RangeError(`Not a timestamp: ${JSON.stringify(position)}`);
  return micros;
}
