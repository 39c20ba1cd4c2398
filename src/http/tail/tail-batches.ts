import { isWanted, type TailEvent, type TailFilter } from './tail-event';
import type { TailReader } from './tail-reader';

/** A batch is written once for all its readers; with this pause for each of them, there are 125 writes a second at most. */
const PAUSE_MS_PER_READER = 8;
/** A batch of this size is not held back. */
const FULL_BYTES = 64 * 1024;
/** What all readers together are sent in a second, and at once after a quiet second. One reader gets all that happens. */
const BYTES_PER_SECOND = 4 * 1024 * 1024;

interface Batch {
  readonly filter: TailFilter;
  readonly readers: Set<TailReader>;
  blocks: Buffer[];
  bytes: number;
  /** Events that were left out since the last write, for want of allowance. */
  missed: number;
}

export interface TailBatchesDeps {
  /** Says that so many events were left out. Its id is that of the latest event. */
  readonly gap: (missed: number) => Buffer;
  /** Milliseconds, of a clock that only goes forward. Not the program's clock: this paces sockets. */
  readonly now?: () => number;
  readonly bytesPerSecond?: number;
}

/**
 * Sends each event to those who want it: readers with the same filter get the same bytes, put together once. Both the
 * writes and the bytes are bounded over all readers, so that watching never costs the publishers more than a little;
 * events beyond that are left out, and a gap says how many.
 */
export class TailBatches {
  readonly #batches = new Map<string, Batch>();
  readonly #now: () => number;
  readonly #bytesPerSecond: number;
  #readers = 0;
  #allowance: number;
  #allowedAt: number;
  #timer: NodeJS.Timeout | null = null;
  #isFlushing = false;
  #flushedAt = -Infinity;

  constructor(private readonly deps: TailBatchesDeps) {
    this.#now = deps.now ?? (() => performance.now());
    this.#bytesPerSecond = deps.bytesPerSecond ?? BYTES_PER_SECOND;
    this.#allowance = this.#bytesPerSecond;
    this.#allowedAt = this.#now();
  }

  add(reader: TailReader): void {
    // What happened before it came is not for it.
    this.flush();
    const key = JSON.stringify(reader.filter);
    let batch = this.#batches.get(key);
    if (!batch) {
      batch = { filter: reader.filter, readers: new Set(), blocks: [], bytes: 0, missed: 0 };
      this.#batches.set(key, batch);
    }
    batch.readers.add(reader);
    this.#readers += 1;
  }

  remove(reader: TailReader): void {
    const key = JSON.stringify(reader.filter);
    const batch = this.#batches.get(key);
    if (!batch?.readers.delete(reader)) return;
    this.#readers -= 1;
    if (batch.readers.size === 0) this.#batches.delete(key);
  }

  offer(event: TailEvent): void {
    for (const batch of this.#batches.values()) this.#offerTo(batch, event);
  }

  /** Writes what has gathered, now. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushedAt = this.#now();
    for (const batch of this.#batches.values()) this.#write(batch);
  }

  #offerTo(batch: Batch, event: TailEvent): void {
    if (!isWanted(batch.filter, event.named)) return;
    // Once something was left out, so is the rest until the next write: a gap is one, and at the end.
    if (batch.missed === 0 && this.#isAllowed(event.size * batch.readers.size)) {
      batch.blocks.push(event.block);
      batch.bytes += event.size;
    } else batch.missed += 1;
    if (batch.bytes >= FULL_BYTES) this.#flushSoon();
    else this.#schedule();
  }

  #isAllowed(bytes: number): boolean {
    if (bytes > this.#allowance) {
      const now = this.#now();
      const gained = ((now - this.#allowedAt) / 1000) * this.#bytesPerSecond;
      this.#allowance = Math.min(this.#bytesPerSecond, this.#allowance + gained);
      this.#allowedAt = now;
    }
    if (bytes > this.#allowance) return false;
    this.#allowance -= bytes;
    return true;
  }

  #schedule(): void {
    if (this.#timer || this.#isFlushing) return;
    const waitMs = this.#flushedAt + this.#readers * PAUSE_MS_PER_READER - this.#now();
    if (waitMs <= 0) this.#flushSoon();
    else this.#timer = setTimeout(() => this.flush(), waitMs).unref();
  }

  /** After what goes on now, so that what one task tells goes together. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  #write(batch: Batch): void {
    if (batch.missed > 0) batch.blocks.push(this.deps.gap(batch.missed));
    if (batch.blocks.length === 0) return;
    const bytes = Buffer.concat(batch.blocks);
    batch.blocks = [];
    batch.bytes = 0;
    batch.missed = 0;
    for (const reader of batch.readers) reader.send(bytes);
  }
}
