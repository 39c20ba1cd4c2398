import { HeraldError } from '../errors';
import type { EventBus } from '../events';
import type { Subscription } from '../model';
import type { SubscriptionStore } from '../store/subscription-store';
import { formatTimestamp } from '../timestamp';
import type { TimestampSource } from '../timestamp';
import { KeyedMutex } from './keyed-mutex';

export interface SubscriptionManagerDeps {
  readonly store: SubscriptionStore;
  readonly timestamps: TimestampSource;
  readonly events: EventBus;
}

const NONE: readonly string[] = [];

/**
 * The in-memory index topic → subscribers, written through to its store: a change is visible, and answered, only
 * after it is stored, so that what was answered is still there after a restart.
 */
export class SubscriptionManager {
  // The list of a topic is replaced, never changed, so that a publish can go on with the one that it read.
  readonly #subscribers = new Map<string, readonly string[]>();
  // Guards one subscription's step from "stored" to "indexed": of a subscribe and an unsubscribe at the same time,
  // the one that the store saw last must be the one that the index shows.
  readonly #mutex = new KeyedMutex();
  /** How many topics each subscriber is subscribed to; those with none are left out. */
  readonly #counts = new Map<string, number>();

  /** What is stored of these is not known, since the store failed: the next change is stored whatever the index shows. */
  readonly #unsure = new Set<string>();

  constructor(private readonly deps: SubscriptionManagerDeps) {}

  /** Fills the index from the store. */
  async load(): Promise<void> {
    const topics = new Map<string, string[]>();
    for (const { topic, subscriber } of await this.deps.store.loadActive()) {
      const list = topics.get(topic);
      if (list) list.push(subscriber);
      else topics.set(topic, [subscriber]);
      this.#count(subscriber, 1);
    }
    for (const [topic, list] of topics) this.#subscribers.set(topic, list);
  }

  /** The topic's subscribers at this moment, in the order in which they came; the list never changes. */
  subscribersOf(topic: string): readonly string[] {
    return this.#subscribers.get(topic) ?? NONE;
  }

  /**
   * Those of a topic that has any.
   *
   * @throws HeraldError `topic_not_found`
   */
  subscribersOfKnown(topic: string): readonly string[] {
    const subscribers = this.subscribersOf(topic);
    if (subscribers.length > 0) return subscribers;
    throw new HeraldError('topic_not_found', 'Topic either does not exist or has no subscribed endpoints');
  }

  /** Whether it is subscribed to any topic. */
  isSubscribed(subscriber: string): boolean {
    return this.#counts.has(subscriber);
  }

  /** How many topics a subscriber is subscribed to. */
  countOf(subscriber: string): number {
    return this.#counts.get(subscriber) ?? 0;
  }

  /** The topics of a subscriber, in alphabetical order. Costs the number of all subscriptions. */
  topicsOf(subscriber: string): readonly string[] {
    if (!this.isSubscribed(subscriber)) return NONE;
    const topics: string[] = [];
    for (const [topic, subscribers] of this.#subscribers)
      if (subscribers.includes(subscriber)) topics.push(topic);
    return topics.sort();
  }

  /** All topics with their subscribers. */
  topics(): Iterable<readonly [topic: string, subscribers: readonly string[]]> {
    return this.#subscribers;
  }

  /** All who are subscribed to anything. */
  subscribers(): Iterable<string> {
    return this.#counts.keys();
  }

  /** The topics of each of these subscribers, in alphabetical order. Costs the number of all subscriptions, once. */
  topicsOfEach(wanted: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
    const topics = new Map<string, string[]>(Array.from(wanted, (url) => [url, []]));
    for (const [topic, subscribers] of this.#subscribers) {
      for (const url of subscribers) topics.get(url)?.push(topic);
    }
    for (const list of topics.values()) list.sort();
    return topics;
  }

  /**
   * Subscribes `subscriber` (a URL in normal form) to `topic`; idempotent.
   *
   * @returns true when the subscription is new, false when it was there
   * @throws StoreUnavailableError when it could not be stored; nothing has changed in this process then
   */
  subscribe(topic: string, subscriber: string): Promise<boolean> {
    return this.#change({ topic, subscriber }, async (isThere, isUnsure) => {
      if (isThere && !isUnsure) return false;
      const at = this.#now();
      await this.deps.store.activate({ topic, subscriber }, at);
      if (isThere) return false;
      this.#set(topic, [...this.subscribersOf(topic), subscriber]);
      this.#count(subscriber, 1);
      this.#tell('subscription.created', { topic, subscriber, at });
      return true;
    });
  }

  /**
   * Ends a subscription; it stays in the history.
   *
   * @returns false when there was none
   * @throws StoreUnavailableError when it could not be stored; nothing has changed in this process then
   */
  unsubscribe(topic: string, subscriber: string): Promise<boolean> {
    return this.#change({ topic, subscriber }, async (isThere, isUnsure) => {
      if (!isThere && !isUnsure) return false;
      const at = this.#now();
      await this.deps.store.end({ topic, subscriber }, at);
      if (!isThere) return false;
      this.#set(
        topic,
        this.subscribersOf(topic).filter((url) => url !== subscriber),
      );
      this.#count(subscriber, -1);
      this.#tell('subscription.ended', { topic, subscriber, at });
      return true;
    });
  }

  #tell(
    name: 'subscription.created' | 'subscription.ended',
    event: Subscription & { readonly at: string },
  ): void {
    if (this.deps.events.hasListeners) this.deps.events.emit(name, event);
  }

  #change(
    { topic, subscriber }: Subscription,
    task: (isThere: boolean, isUnsure: boolean) => Promise<boolean>,
  ): Promise<boolean> {
    const key = `${topic} ${subscriber}`;
    return this.#mutex.runExclusive(key, async () => {
      const isUnsure = this.#unsure.has(key);
      // Until it has succeeded: an answer of the store that was lost says nothing about what it did.
      this.#unsure.add(key);
      const isChanged = await task(this.subscribersOf(topic).includes(subscriber), isUnsure);
      this.#unsure.delete(key);
      return isChanged;
    });
  }

  #set(topic: string, subscribers: readonly string[]): void {
    if (subscribers.length === 0) this.#subscribers.delete(topic);
    else this.#subscribers.set(topic, subscribers);
  }

  #count(subscriber: string, change: number): void {
    const count = (this.#counts.get(subscriber) ?? 0) + change;
    if (count === 0) this.#counts.delete(subscriber);
    else this.#counts.set(subscriber, count);
  }

  #now(): string {
    return formatTimestamp(this.deps.timestamps.next());
  }
}
