import type { MessageStore } from '../store/message-store';

/** More than these are not remembered for one subscriber; the oldest are forgotten. */
const MAX_PER_SUBSCRIBER = 1000;
const PAGE_MESSAGES = 1000;
const PAGE_BYTES = 1_048_576;

/**
 * Messages that took a place among older ones: published again under the identity that a crashed process gave them.
 * Whoever polled past that place has not seen them, and its cursor must not ack them.
 */
export class LateMessages {
  readonly #ids = new Map<string, Set<string>>();

  /** To be called before the message is stored. */
  add(subscriber: string, id: string): void {
    const ids = this.#ids.get(subscriber) ?? new Set();
    this.#ids.set(subscriber, ids.add(id));
    for (const oldest of ids) {
      if (ids.size <= MAX_PER_SUBSCRIBER) return;
      ids.delete(oldest);
    }
  }

  /** They were handed to the subscriber, or are not in its backlog. */
  delete(subscriber: string, messages: readonly { readonly id: string }[]): void {
    const ids = this.#ids.get(subscriber);
    if (!ids) return;
    for (const { id } of messages) ids.delete(id);
    if (ids.size === 0) this.#ids.delete(subscriber);
  }

  /** Those that the subscriber has not seen. */
  idsOf(subscriber: string): readonly string[] {
    return [...(this.#ids.get(subscriber) ?? [])];
  }
}

export interface MarkAround {
  /** The position after the last one to mark. */
  readonly before: string;
  /** Positions that stay pending. */
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
    const positions = page.messages.map(({ position }) => position).filter((it) => !except.has(it));
    yield { count: await store.markReceived(subscriber, positions, expiresAt), positions };
    after = page.messages.at(-1)?.position ?? after;
    if (!page.hasMore) return;
  }
}
