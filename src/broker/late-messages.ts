import type { Message } from '../model';
import type { MessageStore } from '../store/message-store';

/** Of more than these for one subscriber the oldest are forgotten: they wait for a poll from the beginning of the backlog. */
const MAX_PER_SUBSCRIBER = 10_000;

/** The late messages that may still wait for their subscribers, as far as this process knows of them. */
export class LateMessages {
  readonly #ids = new Map<string, Set<string>>();

  constructor(private readonly store: MessageStore) {}

  /** Asks the store for those of earlier processes. */
  async load(): Promise<void> {
    const copies = await this.store.lateCopies(MAX_PER_SUBSCRIBER);
    for (const { subscriber, id } of copies) this.stored(subscriber, { id });
  }

  /** One is in a subscriber's backlog. */
  stored(subscriber: string, { id }: Pick<Message, 'id'>): void {
    const ids = this.#ids.get(subscriber) ?? new Set();
    this.#ids.set(subscriber, ids.add(id));
    for (const oldest of ids) {
      if (ids.size <= MAX_PER_SUBSCRIBER) return;
      ids.delete(oldest);
    }
  }

  idsOf(subscriber: string): readonly string[] {
    return [...(this.#ids.get(subscriber) ?? [])];
  }

  /** These are not in its backlog any more. */
  gone(subscriber: string, gone: readonly string[]): void {
    const ids = this.#ids.get(subscriber);
    if (!ids) return;
    for (const id of gone) ids.delete(id);
    if (ids.size === 0) this.#ids.delete(subscriber);
  }
}
