import type { Message } from '../model';

/** Of more than these for one subscriber the oldest are forgotten: they wait for a poll from the beginning of the backlog. */
const MAX_PER_SUBSCRIBER = 10_000;

/** The late messages that this process has stored, as far as they may still wait for their subscribers. */
export class LateMessages {
  readonly #ids = new Map<string, Set<string>>();

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
