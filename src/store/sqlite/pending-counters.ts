import type { Connection } from './sqlite-binding';

/**
 * How many pending copies each subscriber has, kept with the subscriber so that counting costs nothing.
 *
 * Changes are collected and written by `flush` within the transaction that makes them: one update per subscriber,
 * however many copies of its were written.
 */
export class PendingCounters {
  readonly #changes = new Map<number, number>();
  readonly #update;
  readonly #stored;

  constructor(connection: Connection) {
    this.#update = connection.prepare('UPDATE subscribers SET pending = pending + ? WHERE id = ?');
    this.#stored = connection.prepare('SELECT pending FROM subscribers WHERE id = ?');
  }

  /** How many there are, what was added and not flushed included. */
  pendingOf(subscriberId: number): number {
    const row = this.#stored.get(subscriberId) as { pending: number } | undefined;
    return (row?.pending ?? 0) + (this.#changes.get(subscriberId) ?? 0);
  }

  add(subscriberId: number, change: number): void {
    this.#changes.set(subscriberId, (this.#changes.get(subscriberId) ?? 0) + change);
  }

  /** Writes what was added since the last `flush` or `discard`. Call it just before the commit. */
  flush(): void {
    for (const [subscriberId, change] of this.#changes) {
      if (change !== 0) this.#update.run(change, subscriberId);
    }
    this.#changes.clear();
  }

  /** Forgets what was added: its transaction is rolled back. */
  discard(): void {
    this.#changes.clear();
  }
}
