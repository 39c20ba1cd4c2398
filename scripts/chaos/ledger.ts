/** What came of all messages. */
export interface Audit {
  /** Messages whose publish was answered 2xx. */
  readonly acknowledged: number;
  /** Copies of these that their subscribers have, or have waiting. */
  readonly accounted: number;
  /** Copies of these that are nowhere: their number has to be 0. */
  readonly lost: number;
  /** Copies that came once more after their subscriber had answered 2xx, or acked. */
  readonly duplicated: number;
  /** Idempotency keys that were answered with more than one message: their number has to be 0. */
  readonly brokenKeys: number;
  /** The first few lost copies, for whoever looks for the reason. */
  readonly lostExamples: readonly string[];
}

const EXAMPLES = 10;

/** Notes what publishers were promised and what subscribers got. */
export class Ledger {
  /** How it was published, by message id. */
  readonly #acknowledged = new Map<string, string>();
  /** How often each message was received, by subscriber. */
  readonly #received = new Map<string, Map<string, number>>();
  /** The ids that were answered to each idempotency key. */
  readonly #keys = new Map<string, Set<string>>();

  /** How many publishes were answered 2xx. */
  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** A publish was answered 2xx. */
  acknowledge(id: string, kind: string): void {
    this.#acknowledged.set(id, kind);
  }

  /** A publish with an idempotency key was answered 2xx. */
  acknowledgeKey(key: string, id: string): void {
    const ids = this.#keys.get(key) ?? new Set();
    this.#keys.set(key, ids.add(id));
  }

  /** A subscriber answered a push 2xx, or polled the message and acked it. */
  receive(subscriber: string, id: string): void {
    const received = this.#received.get(subscriber) ?? new Map<string, number>();
    this.#received.set(subscriber, received.set(id, (received.get(id) ?? 0) + 1));
  }

  /** @param pending of all who get every message: the ids in the backlog of each */
  audit(pending: ReadonlyMap<string, ReadonlySet<string>>): Audit {
    const lost: string[] = [];
    for (const [subscriber, waiting] of pending) {
      for (const [id, kind] of this.#acknowledged) {
        const isThere = this.#received.get(subscriber)?.has(id) === true || waiting.has(id);
        if (!isThere) lost.push(`${id} (${kind}) for ${subscriber}`);
      }
    }
    return {
      acknowledged: this.acknowledged,
      accounted: this.acknowledged * pending.size - lost.length,
      lost: lost.length,
      duplicated: this.#duplicated(),
      brokenKeys: [...this.#keys.values()].filter((ids) => ids.size > 1).length,
      lostExamples: lost.slice(0, EXAMPLES),
    };
  }

  #duplicated(): number {
    let duplicated = 0;
    for (const times of this.#received.values()) for (const count of times.values()) duplicated += count - 1;
    return duplicated;
  }
}
