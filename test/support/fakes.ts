import type { PushClient, PushResult } from '../../src/delivery/push-client';
import type { Envelope } from '../../src/delivery/push-client';
import { StoreUnavailableError } from '../../src/errors';
import type { Message, PendingMessage, Subscription } from '../../src/model';
import type {
  Copy,
  MessageStore,
  PendingPage,
  PendingQuery,
  PutFailure,
} from '../../src/store/message-store';
import type { SubscriptionStore } from '../../src/store/subscription-store';

const NOT_FAKED = () => Promise.reject(new Error('This fake does not do that'));

/** What a test may hold up or let fail: called before each operation, which goes on once it resolves. */
export type Gate = (operation: string, key: string) => Promise<void>;

const OPEN: Gate = () => Promise.resolve();

/** A store that cannot do anything. */
export const UNAVAILABLE: Gate = () => Promise.reject(new StoreUnavailableError('secret: the disk is full'));

/** Pending copies in memory; just enough of a store for those who use one. What it was asked is in `calls`. */
export class FakeMessageStore implements MessageStore {
  maxMessageBytes = 1_000_000;
  gate: Gate = OPEN;
  /** The subscribers whose copies `put` answers to be not stored. */
  refused: readonly string[] = [];
  readonly puts: { message: Message; copies: readonly Copy[] }[] = [];
  readonly queries: { subscriber: string; query: PendingQuery }[] = [];
  readonly marks: { subscriber: string; positions: readonly string[]; expiresAt: number }[] = [];
  readonly #pending = new Map<string, PendingMessage[]>();

  readonly locate = NOT_FAKED;
  readonly markReceivedUpTo = NOT_FAKED;
  readonly purge = NOT_FAKED;
  readonly countPending = NOT_FAKED;
  readonly subscribersWithBacklog = NOT_FAKED;
  readonly deleteExpired = NOT_FAKED;
  readonly lastPosition = NOT_FAKED;

  /** Puts a message with this position into a backlog; its id is `msg_` and the position. */
  add(subscriber: string, position: string, data = '{}'): void {
    const message = { id: `msg_${position}`, topic: 'orders', timestamp: position, data, position };
    const pending = [...this.#of(subscriber), message];
    this.#pending.set(
      subscriber,
      pending.sort((a, b) => (a.position < b.position ? -1 : 1)),
    );
  }

  positions(subscriber: string): string[] {
    return this.#of(subscriber).map(({ position }) => position);
  }

  async put(message: Message, copies: readonly Copy[]): Promise<readonly PutFailure[]> {
    this.puts.push({ message, copies });
    await this.gate('put', message.id);
    return copies
      .filter(({ subscriber }) => this.refused.includes(subscriber))
      .map(({ subscriber }) => ({ subscriber, error: new Error('refused') }));
  }

  async pending(subscriber: string, query: PendingQuery): Promise<PendingPage> {
    this.queries.push({ subscriber, query });
    await this.gate('pending', subscriber);
    const rest = this.#of(subscriber).filter(({ position }) => position > (query.after ?? ''));
    return { messages: rest.slice(0, query.limit), hasMore: rest.length > query.limit };
  }

  async markReceived(subscriber: string, positions: readonly string[], expiresAt: number): Promise<number> {
    await this.gate('markReceived', subscriber);
    this.marks.push({ subscriber, positions, expiresAt });
    const rest = this.#of(subscriber).filter(({ position }) => !positions.includes(position));
    const marked = this.#of(subscriber).length - rest.length;
    this.#pending.set(subscriber, rest);
    return marked;
  }

  #of(subscriber: string): PendingMessage[] {
    return this.#pending.get(subscriber) ?? [];
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

  async push(url: string, envelope: Envelope, timeoutMs: number): Promise<PushResult> {
    this.pushes.push({ url, envelope, timeoutMs });
    return await this.answer(url);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const DELIVERED: PushResult = { outcome: 'delivered', status: 200, durationMs: 3 };
