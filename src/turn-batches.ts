import { atEndOfTurn, MAX_PER_TURN } from './end-of-turn';

class Batch<Item> {
  readonly items: Item[] = [];
  readonly done: Promise<unknown>;
  settle: (done: Promise<unknown>) => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve) => (this.settle = resolve));
  }
}

/** Gathers what comes in one turn of the event loop, and does it together at its end, or as soon as it is much. */
export class TurnBatches<Item> {
  #batch: Batch<Item> | null = null;

  constructor(private readonly doAll: (items: readonly Item[]) => Promise<unknown>) {}

  /** Settles as `doAll` does for the batch that the item is in. */
  add(item: Item): Promise<unknown> {
    const batch = (this.#batch ??= this.#begin());
    batch.items.push(item);
    if (batch.items.length === MAX_PER_TURN) this.flush();
    return batch.done;
  }

  /** Does now what has gathered. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = null;
    batch?.settle(this.doAll(batch.items));
  }

  #begin(): Batch<Item> {
    atEndOfTurn(() => this.flush());
    return new Batch();
  }
}
