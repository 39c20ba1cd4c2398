import type { Response } from 'express';
import type { NamedEvent } from '../../events';
import { drained } from '../disconnect';
import { isWanted, type TailEvent, type TailFilter } from './tail-event';

/** A reader with more than this unsent is cut off. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** Events of before are written in pieces of about this size, each once the one before has gone. */
const REPLAY_BYTES = 64 * 1024;

/** One connection that reads the events. */
export class TailReader {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** While events of before are written, those of now wait behind them. */
  #isReplaying = false;
  #progress = 0;
  #seenProgress = -1;

  constructor(
    private readonly res: Response,
    readonly filter: TailFilter,
    /** Unix milliseconds from which it may read no more. */
    readonly expiresAt: number,
  ) {}

  wants(named: NamedEvent): boolean {
    return isWanted(this.filter, named);
  }

  /**
   * Writes what happened before, as fast as it is read.
   *
   * @param head comes first
   */
  async replay(head: Buffer | null, events: readonly TailEvent[]): Promise<void> {
    this.#isReplaying = true;
    let piece: Buffer[] = head ? [head] : [];
    let bytes = head?.length ?? 0;
    for (const { named, block } of events) {
      if (!this.wants(named)) continue;
      piece.push(block);
      bytes += block.length;
      if (bytes < REPLAY_BYTES) continue;
      await this.#writeAndDrain(piece);
      piece = [];
      bytes = 0;
    }
    await this.#writeAndDrain(piece);
    this.#isReplaying = false;
    this.#flush();
  }

  /** Writes bytes, which other readers may get too; behind a replay when there is one. */
  send(block: Buffer): void {
    if (this.res.destroyed) return;
    if (this.#pendingBytes + block.length + this.res.writableLength > MAX_UNSENT_BYTES) this.res.destroy();
    else if (this.#isReplaying) {
      this.#pending.push(block);
      this.#pendingBytes += block.length;
    } else this.res.write(block);
  }

  /** Cuts a reader off that took nothing of a replay since the last call: what it keeps in memory must not stay for ever. */
  cutIfStuck(): void {
    if (this.#isReplaying && this.#progress === this.#seenProgress) this.res.destroy();
    this.#seenProgress = this.#progress;
  }

  /** Ends the stream. One that is not read to its end would hold up whoever waits for that, and is cut. */
  end(): void {
    this.#flush();
    if (this.#isReplaying || this.res.writableLength > 0) this.res.destroy();
    else this.res.end();
  }

  async #writeAndDrain(blocks: readonly Buffer[]): Promise<void> {
    if (blocks.length === 0 || this.res.destroyed) return;
    const isTaken = this.res.write(Buffer.concat(blocks));
    if (!isTaken) await drained(this.res);
    this.#progress += 1;
  }

  #flush(): void {
    const blocks = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (blocks.length > 0 && this.res.writable) this.res.write(Buffer.concat(blocks));
  }
}
