import type { PendingMessage } from '../model';
import type { MessageStore } from '../store/message-store';
import { oneBefore } from '../timestamp';

/** What one page may hold: pages are read one at a time, so this bounds the memory of a reader. */
const PAGE_MESSAGES = 200;
const PAGE_BYTES = 1_048_576;

export interface BacklogMessage {
  readonly subscriber: string;
  readonly message: PendingMessage;
}

/** The position before which a subscriber's messages are read; asked before each page. */
type BoundOf = (subscriber: string) => string;

/** Reads a subscriber's pending messages page by page, oldest first. */
async function* readBacklog(
  store: MessageStore,
  subscriber: string,
  now: number,
  boundOf: BoundOf,
): AsyncGenerator<BacklogMessage, undefined> {
  let after: string | undefined;
  for (;;) {
    const page = await store.pending(subscriber, {
      ...(after !== undefined && { after }),
      before: boundOf(subscriber),
      limit: PAGE_MESSAGES,
      maxBytes: PAGE_BYTES,
      now,
    });
    for (const message of page.messages) {
      after = message.position;
      yield { subscriber, message };
    }
    if (!page.hasMore) return undefined;
  }
}

/** Those of the pending messages at these positions, in their order; they end early once they have more than `maxBytes`. */
export async function readAt(
  store: MessageStore,
  subscriber: string,
  positions: readonly string[],
  { maxBytes, now }: { readonly maxBytes: number; readonly now: number },
): Promise<readonly PendingMessage[]> {
  const messages: PendingMessage[] = [];
  let bytes = 0;
  for (const position of positions) {
    const page = await store.pending(subscriber, { after: oneBefore(position), limit: 1, maxBytes, now });
    const [message] = page.messages;
    if (message?.position !== position) continue;
    messages.push(message);
    bytes += Buffer.byteLength(message.data);
    if (bytes > maxBytes) break;
  }
  return messages;
}

/** The pending messages of several subscribers, each up to its bound, as one sequence in the order of their positions. */
export async function* mergeBacklogs(
  store: MessageStore,
  subscribers: readonly string[],
  now: number,
  boundOf: BoundOf,
): AsyncGenerator<BacklogMessage, undefined> {
  const readers = subscribers.map((subscriber) => readBacklog(store, subscriber, now, boundOf));
  const heads = await Promise.all(
    readers.map(async (reader) => ({ reader, head: (await reader.next()).value })),
  );
  for (;;) {
    const waiting = heads.filter(({ head }) => head !== undefined);
    const next = waiting.reduce<(typeof heads)[number] | undefined>(
      (first, source) => (first && position(first.head) <= position(source.head) ? first : source),
      undefined,
    );
    if (!next?.head) return undefined;
    yield next.head;
    next.head = (await next.reader.next()).value;
  }
}

function position(head: BacklogMessage | undefined): string {
  return head?.message.position ?? '';
}
