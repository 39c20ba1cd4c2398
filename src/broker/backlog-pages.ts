import type { Clock } from '../clock';
import type { PendingMessage } from '../model';
import type { MessageStore } from '../store/message-store';
import { readAt } from './backlog-reader';
import { type Cursor, formatCursor, MAX_LATE } from './cursor';
import type { LateMessages } from './late-messages';

/** What may be read at a time, in bytes of data; a page ends early where it would be more. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

export interface BacklogPagesDeps {
  readonly store: MessageStore;
  readonly late: LateMessages;
  readonly clock: Clock;
}

export interface PageQuery {
  /** Where the page before ended; null: the page begins with the oldest message. */
  readonly after: Cursor | null;
  /** Asked before the read: what stands there or behind may still change its place, and no cursor may pass it. */
  readonly readBound: () => string;
  /** 1 or more. */
  readonly limit: number;
}

export interface PolledPage {
  readonly messages: readonly PendingMessage[];
  /** Where the page ends, as text; null when it is empty and no cursor was given. */
  readonly cursor: string | null;
  readonly hasMore: boolean;
}

/** Reads a subscriber's backlog page by page, for those who ack by the cursors of pages. */
export class BacklogPages {
  constructor(private readonly deps: BacklogPagesDeps) {}

  /**
   * The next page, oldest message first. Late messages that were stored before the cursor since it was given out have a
   * page of their own, which ends where it began.
   */
  async read(subscriber: string, { after, readBound, limit }: PageQuery): Promise<PolledPage> {
    if (!after) return this.#inOrder(subscriber, null, { readBound, limit });
    const waiting = await this.#late(subscriber);
    // Of a full one only what is still to be acked is worth its place.
    const seen = after.late.length < MAX_LATE ? after.late : after.late.filter((it) => waiting.includes(it));
    const missed = waiting
      .filter((position) => position <= after.position && !seen.includes(position))
      .slice(0, Math.min(limit, MAX_LATE - seen.length));
    const messages = await readAt(this.deps.store, subscriber, missed, this.#bounds());
    if (messages.length === 0) {
      return this.#inOrder(subscriber, { position: after.position, late: seen }, { readBound, limit });
    }
    const late = [...seen, ...messages.map(({ position }) => position)];
    return { messages, cursor: formatCursor({ position: after.position, late }), hasMore: true };
  }

  async #inOrder(
    subscriber: string,
    after: Cursor | null,
    { readBound, limit }: Omit<PageQuery, 'after'>,
  ): Promise<PolledPage> {
    const page = await this.deps.store.pending(subscriber, {
      ...(after && { after: after.position }),
      before: readBound(),
      limit,
      ...this.#bounds(),
    });
    const lateOnes = page.messages.filter(({ isLate }) => isLate);
    const late = lateOnes.slice(0, MAX_LATE).map(({ position }) => position);
    const tooLate = lateOnes[MAX_LATE];
    const messages = tooLate ? page.messages.slice(0, page.messages.indexOf(tooLate)) : page.messages;
    const last = messages.at(-1)?.position;
    const position = last ?? after?.position;
    const cursor = position === undefined ? null : { position, late: [...(after?.late ?? []), ...late] };
    return {
      messages,
      cursor: cursor && formatCursor(cursor),
      hasMore: page.hasMore || tooLate !== undefined,
    };
  }

  /** Where the late messages stand that this process knows of. */
  async #late(subscriber: string): Promise<readonly string[]> {
    const { store, late } = this.deps;
    const ids = late.idsOf(subscriber);
    if (ids.length === 0) return [];
    const positions = await store.locate(subscriber, ids);
    late.gone(
      subscriber,
      ids.filter((id) => !positions.has(id)),
    );
    return [...positions.values()].sort();
  }

  #bounds(): { readonly maxBytes: number; readonly now: number } {
    return { maxBytes: MAX_PAGE_BYTES, now: this.deps.clock.now() };
  }
}
