/** What the index asks of a queue. */
export interface IndexedQueue {
  /** Whether it knows nothing that a new one would not know. */
  readonly isDisposable: boolean;
}

/** How many of the oldest queues are looked at when one is added to far too many. */
const SWEEP = 8;

/** Queues by subscriber: all of which anything is to be remembered, and others while there are not too many. */
export class QueueIndex<Queue extends IndexedQueue> {
  readonly #queues = new Map<string, Queue>();

  constructor(
    private readonly make: (url: string) => Queue,
    private readonly maxQueues = 5000,
  ) {}

  /** The subscriber's queue, made when there is none. */
  of(url: string): Queue {
    let queue = this.#queues.get(url);
    if (!queue) {
      if (this.#queues.size >= 2 * this.maxQueues) this.#sweep();
      queue = this.make(url);
      this.#queues.set(url, queue);
    }
    return queue;
  }

  find(url: string): Queue | null {
    return this.#queues.get(url) ?? null;
  }

  entries(): Iterable<[url: string, queue: Queue]> {
    return this.#queues;
  }

  values(): Iterable<Queue> {
    return this.#queues.values();
  }

  /**
   * A message of the subscriber's is settled. When there are many queues, this one goes at once, while it is young:
   * letting old ones go for new ones costs the collector more than making them.
   */
  settled(url: string): void {
    if (this.#queues.size > this.maxQueues && this.#queues.get(url)?.isDisposable) this.#queues.delete(url);
  }

  #sweep(): void {
    let looked = 0;
    for (const [url, queue] of this.#queues) {
      if (looked++ === SWEEP) return;
      this.#queues.delete(url);
      if (!queue.isDisposable) this.#queues.set(url, queue);
    }
  }
}
