import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { MessageStore } from '../store/message-store';
import type { PendingMessage } from '../model';
import { mergeBacklogs } from './backlog-reader';
import type { BacklogMessage } from './backlog-reader';
import { KeyedMutex } from './keyed-mutex';

export interface BacklogDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface BacklogOptions {
  /** How long a received copy stays as history. */
  readonly receivedRetentionMs: number;
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

  constructor(
    private readonly deps: BacklogDeps,
    private readonly options: BacklogOptions,
  ) {}

  /**
   * Hands the oldest pending messages of `subscribers` (one endpoint under several URLs), merged in the order of
   * their positions and at most `limit`, to `writeOut`; marks them received once it has resolved. When it rejects,
   * nothing is marked.
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

  async *#read(
    subscribers: readonly string[],
    limit: number,
    onRead: (read: BacklogMessage) => void,
  ): AsyncGenerator<PendingMessage, boolean> {
    const merged = mergeBacklogs(this.deps.store, subscribers, this.deps.clock.now());
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
      marked += await this.deps.store.markReceived(subscriber, positions, expiresAt);
      this.deps.log.info({ subscriber, messages: positions.length }, 'backlog.polled');
    }
    return marked;
  }
}
