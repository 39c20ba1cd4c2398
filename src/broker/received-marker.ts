import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { MessageStore } from '../store/message-store';
import type { Written } from './backlog-writer';

const RETRY_MS = 1000;

export interface ReceivedMarkerDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly receivedRetentionMs: number;
}

/** A message that its subscriber has received. */
export interface Received {
  readonly id: string;
  /** Where its copy was read; null when it was not. At its timestamp another server's message may stand. */
  readonly position: string | null;
}

interface Batch {
  readonly items: Received[];
  readonly written: Promise<void>;
  readonly onWritten: () => void;
}

function newBatch(): Batch {
  let onWritten = (): void => undefined;
  const written = new Promise<void>((resolve) => (onWritten = resolve));
  return { items: [], written, onWritten };
}

/**
 * Marks a subscriber's copies received, in batches: while one is written the next gathers. What cannot be written is
 * tried again until it can, since the message must not be pushed a second time while this process remembers the first.
 */
export class ReceivedMarker {
  #waiting: Batch = newBatch();
  #writing: Promise<void> | null = null;
  #isStopped = false;

  /** @param removing makes the change that marks copies, at a time that is good for the rest of the queue, and settles as it does */
  constructor(
    private readonly deps: ReceivedMarkerDeps,
    private readonly subscriber: string,
    private readonly removing: (change: () => Promise<number>) => Promise<number>,
  ) {}

  /** How many copies wait to be marked, those under way left out. */
  get waiting(): number {
    return this.#waiting.items.length;
  }

  /** Whether all that was added is marked. */
  get isIdle(): boolean {
    return this.#writing === null;
  }

  /** Resolves when the copy is marked, or, after `stop`, was tried once more. */
  add(received: Received): Promise<void> {
    const batch = this.#waiting;
    batch.items.push(received);
    this.#writing ??= this.#writeAll();
    return batch.written;
  }

  /**
   * The message was pushed, and its copy was asked for while it was on its way: that has to be marked, or it would be
   * pushed again. Resolves when it is; at once where it is not known whether there is one, since that can take long.
   */
  async addWritten(id: string, { stored, error }: Written): Promise<void> {
    if (!stored && error === null) return;
    const marked = this.add({ id, position: null });
    if (stored) await marked;
  }

  /** Resolves when all that was added is marked, or, after `stop`, was tried once more. */
  async flushed(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Gives up trying again: the process ends. */
  stop(): void {
    this.#isStopped = true;
  }

  async #writeAll(): Promise<void> {
    try {
      // What the current task adds besides goes into the first batch.
      await Promise.resolve();
      while (this.#waiting.items.length > 0) {
        const batch = this.#waiting;
        this.#waiting = newBatch();
        while (!(await this.#write(batch.items)) && !this.#isStopped) {
          await new Promise<void>((resolve) => this.deps.clock.setTimer(resolve, RETRY_MS));
        }
        batch.onWritten();
      }
    } finally {
      this.#writing = null;
    }
  }

  async #write(batch: readonly Received[]): Promise<boolean> {
    const { store, clock, log, receivedRetentionMs } = this.deps;
    const expiresAt = clock.now() + receivedRetentionMs;
    try {
      const positions = await this.#positionsOf(batch);
      if (positions.length > 0) {
        await this.removing(() => store.markReceived(this.subscriber, positions, expiresAt));
      }
      return true;
    } catch (error) {
      log.warn({ subscriber: this.subscriber, messages: batch.length, err: error }, 'backlog.mark_failed');
      return false;
    }
  }

  /** Where the copies stand; of those that were not read, only those that are still pending. */
  async #positionsOf(batch: readonly Received[]): Promise<readonly string[]> {
    const read = batch.flatMap(({ position }) => position ?? []);
    const ids = batch.flatMap(({ id, position }) => (position === null ? id : []));
    if (ids.length === 0) return read;
    const found = await this.deps.store.locate(this.subscriber, ids);
    return [...read, ...found.values()];
  }
}
