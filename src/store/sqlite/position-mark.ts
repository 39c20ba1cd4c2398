import type { Connection } from './sqlite-binding';

/**
 * The highest position that no row tells any more: of copies that were deleted, and of messages that a key was claimed for.
 * So that what comes after a start stands behind all that came before it, whatever the clock says and whatever was deleted.
 *
 * Positions are collected and written by `flush` within the transaction that they belong to. A transaction that only
 * stores copies has none, and one that deletes some writes nothing while a body stands behind these.
 */
export class PositionMark {
  #highest = 0;
  readonly #raise;

  constructor(connection: Connection) {
    this.#raise = connection.prepare(
      `UPDATE last_position SET position = ?1
       WHERE position < ?1 AND ?1 > coalesce((SELECT max(position) FROM bodies), 0)`,
    );
  }

  /** @param position unix microseconds */
  note(position: number): void {
    if (position > this.#highest) this.#highest = position;
  }

  /** Writes what was noted since the last `flush` or `discard`. Call it just before the commit. */
  flush(): void {
    if (this.#highest > 0) this.#raise.run(this.#highest);
    this.#highest = 0;
  }

  /** Forgets what was noted: its transaction is rolled back. */
  discard(): void {
    this.#highest = 0;
  }
}
