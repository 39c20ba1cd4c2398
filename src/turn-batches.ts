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
    const batch = (this.#batch ??= this.#newBatch());
    batch.items.push(item);
    if (batch.items.length === MAX_PER_TURN) this.#do(batch);
    return batch.done;
  }

  /** Does now what has gathered. */
  flush(): void {
    if (this.#batch) this.#do(this.#batch);
  }

  #newBatch(): Batch<Item> {
    const batch = new Batch<Item>();
    atEndOfTurn(() => {
      if (batch === this.#batch) this.#do(batch);
    });
    return batch;
  }

  #do(batch: Batch<Item>): void {
    this.#batch = null;
    batch.settle(this.doAll(batch.items));
  }
}
