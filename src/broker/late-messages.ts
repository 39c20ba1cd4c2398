import type { Message, PendingMessage } from '../model';

/** Of more than these for one subscriber the oldest are forgotten: they wait for a poll from the beginning of the backlog. */
const MAX_PER_SUBSCRIBER = 10_000;

/**
 * What this process knows of late messages: which it has stored that their subscribers have not seen, and which it has
 * handed out. A cursor acks no others: whoever polled past a late message's place before it came has not seen it.
 */
export class LateMessages {
  /** By subscriber, the timestamp by message id. */
  readonly #unseen = new BoundedMaps<string>();
  /** By subscriber and position. */
  readonly #handed = new BoundedMaps<true>();

  /** One is in a subscriber's backlog. */
  stored(subscriber: string, { id, timestamp }: Pick<Message, 'id' | 'timestamp'>): void {
    this.#unseen.set(subscriber, id, timestamp);
  }

  /** The ids of those that a subscriber has not seen that polls behind `cursor`. */
  unseenUpTo(subscriber: string, cursor: string): readonly string[] {
    return [...this.#unseen.of(subscriber)].filter(([, timestamp]) => timestamp <= cursor).map(([id]) => id);
  }

  /** A page was answered to the subscriber. */
  handedOut(subscriber: string, page: readonly PendingMessage[]): void {
    for (const { isLate, id, position } of page) {
      if (!isLate) continue;
      this.#unseen.delete(subscriber, [id]);
      this.#handed.set(subscriber, position, true);
    }
  }

  /** Where those stand that an ack by `cursor` takes. */
  handedUpTo(subscriber: string, cursor: string): readonly string[] {
    return [...this.#handed.of(subscriber).keys()].filter((position) => position <= cursor);
  }

  /** These copies are received. */
  received(subscriber: string, positions: readonly string[]): void {
    this.#handed.delete(subscriber, positions);
  }

  /** These messages are not in its backlog any more. */
  gone(subscriber: string, ids: readonly string[]): void {
    this.#unseen.delete(subscriber, ids);
  }
}

/** A map for each subscriber of which there is something to remember. */
class BoundedMaps<Value> {
  readonly #maps = new Map<string, Map<string, Value>>();

  of(subscriber: string): ReadonlyMap<string, Value> {
    return this.#maps.get(subscriber) ?? new Map<string, Value>();
  }

  set(subscriber: string, key: string, value: Value): void {
    const map = this.#maps.get(subscriber) ?? new Map<string, Value>();
    this.#maps.set(subscriber, map.set(key, value));
    for (const oldest of map.keys()) {
      if (map.size <= MAX_PER_SUBSCRIBER) return;
      map.delete(oldest);
    }
  }

  delete(subscriber: string, keys: readonly string[]): void {
    const map = this.#maps.get(subscriber);
    if (!map) return;
    for (const key of keys) map.delete(key);
    if (map.size === 0) this.#maps.delete(subscriber);
  }
}
