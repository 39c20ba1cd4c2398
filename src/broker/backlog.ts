import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { MessageStore } from '../store/message-store';
import type { PendingMessage } from '../model';
import { formatTimestamp, oneBefore, type TimestampSource } from '../timestamp';
import { mergeBacklogs } from './backlog-reader';
import type { BacklogMessage } from './backlog-reader';
import { BacklogPages, type PolledPage } from './backlog-pages';
import { type Cursor, parseCursor } from './cursor';
import { KeyedMutex } from './keyed-mutex';
import type { LateMessages } from './late-messages';
import type { Signals } from './signals';
import type { Subscribers } from './subscribers';

export interface BacklogDeps {
  readonly store: MessageStore;
  readonly subscribers: Subscribers;
  /** Notified by a subscriber's URL whenever one of its messages is no longer on its way. */
  readonly arrivals: Signals;
  readonly late: LateMessages;
  readonly clock: Clock;
  readonly timestamps: TimestampSource;
  readonly log: Logger;
}

export interface BacklogOptions {
  /** How long a received copy stays as history. */
  readonly receivedRetentionMs: number;
}

export interface PollQuery {
  /** 1 or more. */
  readonly limit: number;
  /** The cursor of an earlier page. */
  readonly after?: string;
  /** How long to wait for a message when there is none. */
  readonly waitMs: number;
  /** Aborts when the poller has left. */
  readonly gone: AbortSignal;
}

export interface AckResult {
  /** How many messages this call marked received. */
  readonly acked: number;
  /** Ids that name no pending message of the subscriber. */
  readonly unknown: readonly string[];
}

/**
 * Writes messages out to whoever polls. It must resolve only when every message was written out; it returns whether
 * more are waiting as the generator's return value says it.
 */
export type WriteOut = (messages: AsyncGenerator<PendingMessage, boolean>) => Promise<void>;

/** A subscriber's way to its own backlog: reading it, and saying what was taken. */
export class Backlog {
  // Guards the step from "read" to "marked": of two polls at the same time, the second must not read what the first
  // is about to mark.
  readonly #mutex = new KeyedMutex();

  readonly #pages: BacklogPages;

  constructor(
    private readonly deps: BacklogDeps,
    private readonly options: BacklogOptions,
  ) {
    this.#pages = new BacklogPages(deps);
  }

  /**
   * One page of the backlog, oldest first, without marking anything. An empty page is answered once a message came or
   * `waitMs` have passed.
   *
   * @throws HeraldError `invalid_cursor`; StoreUnavailableError
   */
  async poll(subscriber: string, query: PollQuery): Promise<PolledPage> {
    const after = query.after === undefined ? null : parseCursor(query.after, 'after');
    const readBound = () => this.#readBound(subscriber);
    const deadline = this.deps.clock.monotonicMs() + query.waitMs;
    for (;;) {
      const arrival = this.deps.arrivals.next(subscriber);
      try {
        const page = await this.#pages.read(subscriber, { after, readBound, limit: query.limit });
        const waitMs = deadline - this.deps.clock.monotonicMs();
        const isOver = waitMs <= 0 || query.gone.aborted || this.deps.arrivals.isClosed;
        if (page.messages.length > 0 || isOver) return page;
        await this.#wait(arrival.happened, waitMs, query.gone);
      } finally {
        arrival.cancel();
      }
    }
  }

  /**
   * Marks all pending messages up to a cursor, or those with the given ids, as received. Those that wait to be pushed
   * are not pushed any more. A cursor leaves those late messages pending that were on none of its pages.
   *
   * @throws HeraldError `invalid_cursor`; StoreUnavailableError
   */
  async ack(
    subscriber: string,
    what: { readonly upTo: string } | { readonly ids: readonly string[] },
  ): Promise<AckResult> {
    const expiresAt = this.deps.clock.now() + this.options.receivedRetentionMs;
    const { store } = this.deps;
    if ('upTo' in what) {
      const upTo = parseCursor(what.upTo, 'upTo');
      return { acked: await this.#ackUpTo(subscriber, upTo, expiresAt), unknown: [] };
    }
    const ids = [...new Set(what.ids)];
    const positions = await store.locate(subscriber, ids);
    const found = [...positions.values()];
    const marking = () => store.markReceived(subscriber, found, expiresAt);
    const acked = await this.deps.subscribers.received(subscriber, marking, found);
    return { acked, unknown: ids.filter((id) => !positions.has(id)) };
  }

  #ackUpTo(subscriber: string, { position, late }: Cursor, expiresAt: number): Promise<number> {
    const { store, subscribers } = this.deps;
    // What comes from here on may stand before a cursor that somebody made up, and is not acked by it.
    const last = oneBefore(this.#readBound(subscriber));
    const mark = async () => {
      const seen = late.length === 0 ? 0 : await store.markReceived(subscriber, late, expiresAt);
      return seen + (await store.markReceivedUpTo(subscriber, position, expiresAt));
    };
    return subscribers.received(subscriber, mark, late, position < last ? position : last);
  }

  /**
   * Deletes pending messages: all, or those before a cursor.
   *
   * @returns how many there were
   * @throws HeraldError `invalid_cursor`; StoreUnavailableError
   */
  async purge(subscriber: string, before?: string): Promise<number> {
    const bound = before === undefined ? undefined : parseCursor(before, 'before').position;
    const bounds = bound === undefined ? {} : { before: bound };
    const { store, subscribers } = this.deps;
    const purged = await subscribers.removing(subscriber, () => store.purge(subscriber, bounds));
    subscribers.activeQueueOf(subscriber)?.purged();
    this.deps.log.info({ subscriber, messages: purged }, 'backlog.purged');
    return purged;
  }

  /** How many messages wait, and the oldest of them. */
  async summary(
    subscriber: string,
  ): Promise<{ readonly pending: number; readonly oldest: PendingMessage | null }> {
    const [pending, page] = await Promise.all([
      this.deps.store.countPending(subscriber),
      this.deps.store.pending(subscriber, { limit: 1, maxBytes: 1, now: this.deps.clock.now() }),
    ]);
    return { pending, oldest: page.messages[0] ?? null };
  }

  /**
   * Hands the oldest pending messages of `subscribers` (one endpoint under several URLs), merged in the order of
   * their positions and at most `limit`, to `writeOut`; marks them received once it has resolved. When it rejects,
   * nothing is marked. What is still on its way, and what is behind that, is left out.
   *
   * @returns how many were marked
   * @throws StoreUnavailableError, and whatever `writeOut` throws
   */
  take(subscribers: readonly string[], limit: number, writeOut: WriteOut): Promise<number> {
    return this.#mutex.runExclusive(subscribers.join(' '), async () => {
      const taken = new Map<string, string[]>(subscribers.map((subscriber) => [subscriber, []]));
      await writeOut(
        this.#read(subscribers, limit, ({ subscriber, message }) => {
          taken.get(subscriber)?.push(message.position);
        }),
      );
      return this.#markReceived(taken);
    });
  }

  async #wait(arrival: Promise<void>, ms: number, gone: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel();
        gone.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.deps.clock.setTimer(end, ms);
      gone.addEventListener('abort', end);
      void arrival.then(end);
    });
  }

  async *#read(
    subscribers: readonly string[],
    limit: number,
    onRead: (read: BacklogMessage) => void,
  ): AsyncGenerator<PendingMessage, boolean> {
    const boundOf = this.#readBound.bind(this);
    const merged = mergeBacklogs(this.deps.store, subscribers, this.deps.clock.now(), boundOf);
    let count = 0;
    for await (const read of merged) {
      if (count === limit) return true;
      count += 1;
      onRead(read);
      yield read.message;
    }
    return false;
  }

  async #markReceived(taken: ReadonlyMap<string, readonly string[]>): Promise<number> {
    const expiresAt = this.deps.clock.now() + this.options.receivedRetentionMs;
    let marked = 0;
    for (const [subscriber, positions] of taken) {
      if (positions.length === 0) continue;
      const marking = () => this.deps.store.markReceived(subscriber, positions, expiresAt);
      marked += await this.deps.subscribers.received(subscriber, marking, positions);
      this.deps.log.info({ subscriber, messages: positions.length }, 'backlog.polled');
    }
    return marked;
  }

  /** What is at or behind it may still change its place: it is on its way, or not published yet. */
  #readBound(subscriber: string): string {
    const { subscribers, timestamps } = this.deps;
    return subscribers.activeQueueOf(subscriber)?.readBound() ?? formatTimestamp(timestamps.next());
  }
}
