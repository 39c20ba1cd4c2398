import type { MessageStore } from '../store/message-store';

/** More than these are not remembered for one subscriber; the oldest are forgotten. */
const MAX_PER_SUBSCRIBER = 10_000;
const PAGE_MESSAGES = 1000;
const PAGE_BYTES = 1_048_576;

/**
 * Messages that take a place among older ones, because they are published again under the identity that a crashed process
 * gave them, or because a subscriber came while their place was not held for it. Whoever polled past that place has not
 * seen them, and its cursor must not ack them.
 */
export class LateMessages {
  readonly #ids = new Map<string, Set<string>>();
  /** Acks under way, by subscriber. */
  readonly #acks = new Map<string, Set<Promise<unknown>>>();

  /**
   * No ack by a cursor that begins from here on takes the message. Resolves when those are over that began before: only
   * then may it be stored.
   */
  async announce(subscribers: readonly string[], id: string): Promise<void> {
    for (const subscriber of subscribers) this.#add(subscriber, id);
    await Promise.allSettled(subscribers.flatMap((subscriber) => [...(this.#acks.get(subscriber) ?? [])]));
  }

  /** They were handed to the subscriber, or are not in its backlog. */
  delete(subscriber: string, messages: readonly { readonly id: string }[]): void {
    const ids = this.#ids.get(subscriber);
    if (!ids) return;
    for (const { id } of messages) ids.delete(id);
    if (ids.size === 0) this.#ids.delete(subscriber);
  }

  /** Runs an ack by a cursor, which has to leave alone what the subscriber has not seen. Settles as it does. */
  async acking<T>(subscriber: string, ack: (unseen: ReadonlySet<string>) => Promise<T>): Promise<T> {
    const underway = this.#acks.get(subscriber) ?? new Set();
    this.#acks.set(subscriber, underway);
    const acking = ack(new Set(this.#ids.get(subscriber)));
    underway.add(acking);
    try {
      return await acking;
    } finally {
      underway.delete(acking);
      if (underway.size === 0) this.#acks.delete(subscriber);
    }
  }

  #add(subscriber: string, id: string): void {
    const ids = this.#ids.get(subscriber) ?? new Set();
    this.#ids.set(subscriber, ids.add(id));
    for (const oldest of ids) {
      if (ids.size <= MAX_PER_SUBSCRIBER) return;
      ids.delete(oldest);
    }
  }
}

export interface MarkAround {
  /** The position after the last one to mark. */
  readonly before: string;
  /** The ids of messages that stay pending. */
  readonly except: ReadonlySet<string>;
  readonly now: number;
  readonly expiresAt: number;
}

/** Marks pending copies received, page by page, and says for each how many it were and where they stand. */
export async function* markReceivedAround(
  store: MessageStore,
  subscriber: string,
  { before, except, now, expiresAt }: MarkAround,
): AsyncGenerator<{ readonly count: number; readonly positions: readonly string[] }> {
  let after: string | undefined;
  for (;;) {
    const page = await store.pending(subscriber, {
      ...(after !== undefined && { after }),
      before,
      limit: PAGE_MESSAGES,
      maxBytes: PAGE_BYTES,
      now,
    });
    const marked = page.messages.filter(({ id }) => !except.has(id));
    const positions = marked.map(({ position }) => position);
    yield { count: await store.markReceived(subscriber, positions, expiresAt), positions };
    after = page.messages.at(-1)?.position ?? after;
    if (!page.hasMore) return;
  }
}
