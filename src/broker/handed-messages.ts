import type { PendingMessage } from '../model';

/** More than these are not remembered for one subscriber; the oldest are forgotten, and have to be handed out again. */
const MAX_PER_SUBSCRIBER = 10_000;

/**
 * Late messages that pages of a backlog have handed to their subscriber. A cursor acks no late message but these: whoever
 * polled past its place before it came has not seen it.
 */
export class HandedMessages {
  readonly #positions = new Map<string, Set<string>>();

  /** A page was answered. */
  add(subscriber: string, page: readonly PendingMessage[]): void {
    for (const { isLate, position } of page) if (isLate) this.#add(subscriber, position);
  }

  /** Where those stand that a cursor acks. */
  upTo(subscriber: string, cursor: string): readonly string[] {
    return [...(this.#positions.get(subscriber) ?? [])].filter((position) => position <= cursor);
  }

  /** These copies are received. */
  delete(subscriber: string, positions: readonly string[]): void {
    const known = this.#positions.get(subscriber);
    if (!known) return;
    for (const position of positions) known.delete(position);
    if (known.size === 0) this.#positions.delete(subscriber);
  }

  #add(subscriber: string, position: string): void {
    const known = this.#positions.get(subscriber) ?? new Set();
    this.#positions.set(subscriber, known.add(position));
    for (const oldest of known) {
      if (known.size <= MAX_PER_SUBSCRIBER) return;
      known.delete(oldest);
    }
  }
}
