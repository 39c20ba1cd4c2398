/** Lets its users sleep until something changes. */
export class WakeUp {
  #sleepers: (() => void)[] = [];

  sleep(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  /** Wakes all who sleep. */
  wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}
