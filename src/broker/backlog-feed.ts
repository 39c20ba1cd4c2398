import type { Clock } from '../clock';
import type { PendingMessage } from '../model';
import type { MessageStore, PendingPage } from '../store/message-store';
import { formatTimestamp, parseTimestamp, type TimestampSource } from '../timestamp';

/** What one page may hold. At most one page and what is left of the one before are in memory. */
const PAGE = { limit: 256, maxBytes: 1_048_576 };
/** The first: many backlogs may be begun with at once, as after a restart, of which most end with the first push. */
const FIRST_PAGE = { limit: 32, maxBytes: 65_536 };
/** With fewer messages left than this, the next page is read while they are pushed. */
const LOW_WATER = 128;

export interface BacklogFeedDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly timestamps: TimestampSource;
}

/** Hands out a subscriber's pending messages in the order of their positions, reading ahead one page. */
export class BacklogFeed {
  #buffer: PendingMessage[] = [];
  /** The next one to hand out, in `buffer`. */
  #next = 0;
  #after: string | null = null;
  #reading: Promise<void> | null = null;
  #generation = 0;
  #hasMore = true;
  /** Nothing was read since it was told where to start. */
  #isFirst = true;
  #acked: { readonly positions: Set<string>; upTo: string } = { positions: new Set(), upTo: '' };

  /** @param readBound asked before each read: messages at or behind that position are not read */
  constructor(
    private readonly deps: BacklogFeedDeps,
    private readonly subscriber: string,
    private readonly readBound: () => string,
  ) {}

  /** Whether the end of the backlog, as it was at the last read, is in memory. */
  get isAtEnd(): boolean {
    return !this.#hasMore;
  }

  /** Messages in memory. */
  get buffered(): number {
    return this.#buffer.length - this.#next;
  }

  /** Starts again behind `after`; what was read is forgotten. */
  reset(after: string | null): void {
    this.release();
    this.#after = after;
    this.#hasMore = true;
    this.#isFirst = true;
  }

  /** Forgets what was read; to be followed by `reset` before it goes on. */
  release(): void {
    this.#generation += 1;
    this.#reading = null;
    this.#buffer = [];
    this.#next = 0;
    this.#acked = { positions: new Set(), upTo: '' };
  }

  /** Leaves out what was received by another way, as far as it is in memory or being read. */
  forget(positions: readonly string[], upTo = ''): void {
    if (this.buffered === 0 && !this.#reading) return;
    const last = this.#buffer.at(-1)?.position ?? '';
    for (const position of positions) {
      if (this.#reading || position <= last) this.#acked.positions.add(position);
    }
    if (upTo > this.#acked.upTo) this.#acked.upTo = upTo;
  }

  /** The next message, if it is in memory; `take` goes behind it. */
  peek(): PendingMessage | undefined {
    for (;;) {
      const message = this.#buffer[this.#next];
      if (message === undefined) {
        if (!this.#reading) this.#acked = { positions: new Set(), upTo: '' };
        return undefined;
      }
      // The first push is waited for: it may be the last for long.
      if (this.buffered <= LOW_WATER && this.#hasMore && this.#next > 0) this.#readAhead();
      if (!this.#isOver(message)) return message;
      this.take();
    }
  }

  take(): void {
    this.#next += 1;
  }

  /**
   * It was set aside, or received by another way, or has expired since it was read: a slow subscriber's page lasts for
   * long.
   */
  #isOver({ position, expiresAt, asideReason, isLate }: PendingMessage): boolean {
    const { positions, upTo } = this.#acked;
    const isReceived = (position <= upTo && !isLate) || positions.has(position);
    return isReceived || asideReason !== undefined || expiresAt <= this.deps.clock.now();
  }

  /** Reads on. Rejects with StoreUnavailableError. */
  async fill(): Promise<void> {
    this.#reading ??= this.#read(this.#generation);
    await this.#reading;
  }

  /**
   * Whether something stands where messages will that are published from now on: a process whose clock is ahead of this
   * one's has put it there. From now on, this process goes by that clock.
   */
  async #isMoreAhead(): Promise<boolean> {
    const { timestamps } = this.deps;
    const { messages } = await this.#page(formatTimestamp(timestamps.next()));
    const last = parseTimestamp(messages.at(-1)?.position ?? '');
    if (last !== null) timestamps.startAbove(last);
    return last !== null;
  }

  #page(after: string | null, before?: string): Promise<PendingPage> {
    const { limit, maxBytes } = this.#isFirst ? FIRST_PAGE : PAGE;
    return this.deps.store.pending(this.subscriber, {
      ...(after !== null && { after }),
      ...(before !== undefined && { before }),
      limit,
      maxBytes,
      now: this.deps.clock.now(),
    });
  }

  #readAhead(): void {
    // A failure shows again at the next `fill`, whose caller handles it.
    this.fill().catch(() => undefined);
  }

  async #read(generation: number): Promise<void> {
    try {
      let page = await this.#page(this.#after, this.readBound());
      const isEnd = page.messages.length === 0 && !page.hasMore;
      if (isEnd && (await this.#isMoreAhead())) page = await this.#page(this.#after, this.readBound());
      if (generation !== this.#generation) return;
      this.#buffer = [...this.#buffer.slice(this.#next), ...page.messages];
      this.#next = 0;
      this.#isFirst = false;
      this.#after = page.messages.at(-1)?.position ?? this.#after;
      this.#hasMore = page.hasMore;
    } finally {
      if (generation === this.#generation) this.#reading = null;
    }
  }
}
