import { setImmediate as nextTurn } from 'node:timers/promises';

/** So much JSON takes some milliseconds, however it is nested. */
const MAX_LENGTH = 64 * 1024;

/** Spreads the parsing of many texts over turns of the event loop, so that all others have theirs in between. */
export class ParseTurns {
  #length = 0;
  #last: Promise<void> = Promise.resolve();

  /**
   * Resolves when a text of `length` characters may be parsed: at once while there are few of them, else in a turn in
   * which no other large text is.
   */
  async next(length: number): Promise<void> {
    this.#length += length;
    if (this.#length <= MAX_LENGTH) return;
    this.#length = length;
    this.#last = this.#last.then(() => nextTurn());
    await this.#last;
  }
}
