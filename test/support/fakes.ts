import type { PushClient, PushOptions, PushResult } from '../../src/delivery/push-client';
import type { Envelope } from '../../src/delivery/push-client';
import { StoreUnavailableError } from '../../src/errors';
import type { Message, PendingMessage, SubscriberRecord, Subscription } from '../../src/model';
import type { IdempotencyRecord, IdempotencyStore } from '../../src/store/idempotency-store';
import type { SubscriberStore } from '../../src/store/subscriber-store';
import type {
  Copy,
  LateCopy,
  MessageStore,
  PendingPage,
  PendingQuery,
  PurgeBounds,
  PutFailure,
} from '../../src/store/message-store';
import type { SubscriptionStore } from '../../src/store/subscription-store';
import { formatTimestamp, parseTimestamp } from '../../src/timestamp';

const NOT_FAKED = () => Promise.reject(new Error('This fake does not do that'));

/** What a test may hold up or let fail: called before each operation, which goes on once it resolves. */
export type Gate = (operation: string, key: string) => Promise<void>;

export const OPEN: Gate = () => Promise.resolve();

/** A store that cannot do anything. */
export const UNAVAILABLE: Gate = () => Promise.reject(new StoreUnavailableError('secret: the disk is full'));

interface FakeCopy extends PendingMessage {
  readonly expiresAt: number;
}

/** Pending copies in memory; what a store does for those who use one, without its durability. */
export class FakeMessageStore implements MessageStore {
  maxMessageBytes = 1_000_000;
  gate: Gate = OPEN;
  /** The subscribers whose copies `put` answers to be not stored. */
  refused: readonly string[] = [];
  readonly puts: { message: Message; copies: readonly Copy[] }[] = [];
  readonly queries: { subscriber: string; query: PendingQuery }[] = [];
  /** How often it was asked to count. */
  counts = 0;
  readonly marks: { subscriber: string; positions: readonly string[]; expiresAt: number }[] = [];
  readonly #pending = new Map<string, FakeCopy[]>();

  readonly lastPosition = NOT_FAKED;

  /** Puts a message with this position into a backlog; its id is `msg_` and the position. */
  add(subscriber: string, position: string, data = '{}', expiresAt = Infinity): void {
    const message = { id: `msg_${position}`, topic: 'orders', timestamp: position, data, position };
    this.#insert(subscriber, { ...message, expiresAt });
  }

  positions(subscriber: string): string[] {
    return this.#of(subscriber).map(({ position }) => position);
  }

  /** The data of what is pending, in order. */
  dataOf(subscriber: string): string[] {
    return this.#of(subscriber).map(({ data }) => data);
  }

  async put(message: Message, copies: readonly Copy[]): Promise<readonly PutFailure[]> {
    this.puts.push({ message, copies });
    await this.gate('put', message.id);
    for (const { subscriber, expiresAt, isLate } of copies) {
      if (this.refused.includes(subscriber)) continue;
      const position = this.#freePosition(subscriber, message);
      const copy = { ...message, position, expiresAt, ...(isLate === true && { isLate }) };
      this.#insert(subscriber, copy);
    }
    return copies
      .filter(({ subscriber }) => this.refused.includes(subscriber))
      .map(({ subscriber }) => ({ subscriber, error: new Error('refused') }));
  }

  async pending(subscriber: string, query: PendingQuery): Promise<PendingPage> {
    this.queries.push({ subscriber, query });
    await this.gate('pending', subscriber);
    const { after = '', before = '~', limit, now } = query;
    const rest = this.#of(subscriber).filter(
      ({ position, expiresAt }) => position > after && position < before && expiresAt > now,
    );
    return { messages: rest.slice(0, limit), hasMore: rest.length > limit };
  }

  async locate(subscriber: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    await this.gate('locate', subscriber);
    const found = this.#of(subscriber).filter(({ id }) => ids.includes(id));
    return new Map(found.map(({ id, position }) => [id, position]));
  }

  async markReceived(subscriber: string, positions: readonly string[], expiresAt: number): Promise<number> {
    await this.gate('markReceived', subscriber);
    this.marks.push({ subscriber, positions, expiresAt });
    return this.#remove(subscriber, ({ position }) => positions.includes(position));
  }

  async markReceivedUpTo(subscriber: string, upTo: string): Promise<number> {
    await this.gate('markReceivedUpTo', subscriber);
    return this.#remove(subscriber, ({ position, isLate }) => position <= upTo && !isLate);
  }

  async setAside(subscriber: string, position: string, asideReason: string): Promise<void> {
    await this.gate('setAside', subscriber);
    const copies = this.#of(subscriber);
    this.#pending.set(
      subscriber,
      copies.map((copy) => (copy.position === position ? { ...copy, asideReason } : copy)),
    );
  }

  async purge(
    subscriber: string,
    { before = '~', limit = Infinity, keep = 0 }: PurgeBounds,
  ): Promise<number> {
    await this.gate('purge', subscriber);
    let left = Math.min(limit, this.#of(subscriber).length - keep);
    return this.#remove(subscriber, ({ position }) => position < before && left-- > 0);
  }

  async purgeExpired(subscriber: string, now: number, limit: number): Promise<number> {
    await this.gate('purgeExpired', subscriber);
    const firstLive = this.#of(subscriber).find(({ expiresAt }) => expiresAt > now)?.position ?? '~';
    let left = limit;
    return this.#remove(subscriber, ({ position }) => position < firstLive && left-- > 0);
  }

  async countPending(subscriber: string): Promise<number> {
    this.counts += 1;
    await this.gate('countPending', subscriber);
    return this.#of(subscriber).length;
  }

  subscribersWithBacklog(): Promise<readonly string[]> {
    return Promise.resolve([...this.#pending].filter(([, copies]) => copies.length > 0).map(([url]) => url));
  }

  lateCopies(): Promise<readonly LateCopy[]> {
    const late = (subscriber: string) => this.#of(subscriber).filter(({ isLate }) => isLate);
    const all = [...this.#pending.keys()].flatMap((subscriber) =>
      late(subscriber).map(({ id }) => ({ subscriber, id })),
    );
    return Promise.resolve(all);
  }

  deleteExpired(): Promise<number> {
    return Promise.resolve(0);
  }

  /** The message's timestamp, or the next microsecond behind it where no other message stands. */
  #freePosition(subscriber: string, { id, timestamp }: Message): string {
    let position = timestamp;
    while (this.#of(subscriber).some((copy) => copy.position === position && copy.id !== id)) {
      position = formatTimestamp((parseTimestamp(position) ?? NaN) + 1);
    }
    return position;
  }

  #insert(subscriber: string, copy: FakeCopy): void {
    const others = this.#of(subscriber).filter(({ id }) => id !== copy.id);
    const copies = [...others, copy].sort((a, b) => (a.position < b.position ? -1 : 1));
    this.#pending.set(subscriber, copies);
  }

  #remove(subscriber: string, isGone: (copy: FakeCopy) => boolean): number {
    const before = this.#of(subscriber);
    const rest = before.filter((copy) => !isGone(copy));
    this.#pending.set(subscriber, rest);
    return before.length - rest.length;
  }

  #of(subscriber: string): FakeCopy[] {
    return this.#pending.get(subscriber) ?? [];
  }
}

/** Subscribers' records in memory. */
export class FakeSubscriberStore implements SubscriberStore {
  gate: Gate = OPEN;
  readonly records = new Map<string, SubscriberRecord>();

  loadAll(): Promise<readonly SubscriberRecord[]> {
    return Promise.resolve([...this.records.values()]);
  }

  async save(record: SubscriberRecord): Promise<void> {
    await this.gate('save', record.subscriber);
    this.records.set(record.subscriber, record);
  }
}

/** Idempotency keys in memory. */
export class FakeIdempotencyStore implements IdempotencyStore {
  gate: Gate = OPEN;
  readonly records = new Map<string, IdempotencyRecord>();

  async claim(record: IdempotencyRecord, now: number): Promise<IdempotencyRecord> {
    await this.gate('claim', record.key);
    const known = this.records.get(record.key);
    if (known && known.expiresAt > now) return known;
    this.records.set(record.key, record);
    return record;
  }

  async saveAnswer(key: string, messageId: string, answer: string): Promise<void> {
    await this.gate('saveAnswer', key);
    const known = this.records.get(key);
    if (known?.messageId === messageId) this.records.set(key, { ...known, answer });
  }

  deleteExpired(): Promise<number> {
    return Promise.resolve(0);
  }
}

/** Subscriptions in memory, changed once the gate has let the change through. */
export class FakeSubscriptionStore implements SubscriptionStore {
  gate: Gate = OPEN;
  readonly calls: string[] = [];
  readonly active = new Set<string>();

  readonly history = NOT_FAKED;

  loadActive(): Promise<readonly Subscription[]> {
    return Promise.resolve(
      [...this.active].map((key) => {
        const [topic = '', subscriber = ''] = key.split(' ');
        return { topic, subscriber };
      }),
    );
  }

  activate(subscription: Subscription, _at: string): Promise<void> {
    return this.#change('activate', subscription, (key) => void this.active.add(key));
  }

  end(subscription: Subscription, _at: string): Promise<void> {
    return this.#change('end', subscription, (key) => void this.active.delete(key));
  }

  async #change(
    operation: string,
    { topic, subscriber }: Subscription,
    apply: (key: string) => void,
  ): Promise<void> {
    const key = `${topic} ${subscriber}`;
    this.calls.push(`${operation} ${key}`);
    await this.gate(operation, key);
    apply(key);
  }
}

/** A push client that answers what `answer` says, at first that every subscriber received the message. */
export class FakePushClient implements PushClient {
  readonly pushes: { url: string; envelope: Envelope; timeoutMs: number }[] = [];
  answer: (url: string) => PushResult | Promise<PushResult> = () => DELIVERED;

  async push(url: string, envelope: Envelope, timeoutMs: number, options?: PushOptions): Promise<PushResult> {
    this.pushes.push({ url, envelope, timeoutMs });
    options?.onSent?.();
    return await this.answer(url);
  }

  /** The data that was pushed to a subscriber, in order. */
  dataTo(target: string): string[] {
    return this.pushes
      .filter(({ url }) => url === target)
      .map(({ envelope }) =>
        JSON.stringify((JSON.parse(envelope.body.toString()) as { data: unknown }).data),
      );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const DELIVERED: PushResult = { outcome: 'delivered', status: 200, durationMs: 3 };
