import { mapSome } from '../broker/map-some';
import type { Clock } from '../clock';
import type { MessageStore } from '../store/message-store';
import { parseTimestamp } from '../timestamp';

/** Backlogs that are looked at in one sample: each costs the store two small questions. */
const MAX_LOOKED_AT = 500;
/** … so many at once. */
const AT_ONCE = 16;

export interface BacklogSamplerDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  /** Milliseconds that a count of so many messages is used for before the store is asked to count again. */
  readonly keepCountMs: (messages: number) => number;
}

/** One subscriber's backlog as it was last seen. */
export interface BacklogSeen {
  readonly subscriber: string;
  readonly messages: number;
  /** Unix milliseconds at which its oldest message was published; null when none waits any more. */
  readonly oldestAt: number | null;
}

export interface BacklogSample {
  readonly seen: readonly BacklogSeen[];
  /** Subscribers with a backlog, those included that were never looked at. */
  readonly subscribers: number;
}

interface Known extends BacklogSeen {
  /** By the monotonic clock. */
  readonly countedAt: number;
}

/**
 * What waits in the backlogs, without reading the messages: at most 500 subscribers are looked at in one sample, those
 * first that never were, then those whose turn is longest ago; the others count as they were last seen.
 */
export class BacklogSampler {
  /** By subscriber; those looked at longest ago come first. */
  readonly #known = new Map<string, Known>();

  constructor(private readonly deps: BacklogSamplerDeps) {}

  /** @throws StoreUnavailableError */
  async sample(): Promise<BacklogSample> {
    const behind = new Set(await this.deps.store.subscribersWithBacklog());
    for (const url of this.#known.keys()) if (!behind.has(url)) this.#known.delete(url);
    const unseen = [...behind].filter((url) => !this.#known.has(url));
    const turn = [...unseen, ...this.#known.keys()].slice(0, MAX_LOOKED_AT);
    await mapSome(turn, AT_ONCE, (url) => this.#lookAt(url));
    return { seen: [...this.#known.values()], subscribers: behind.size };
  }

  async #lookAt(subscriber: string): Promise<void> {
    const { store, clock } = this.deps;
    const [counted, page] = await Promise.all([
      this.#count(subscriber, clock.monotonicMs()),
      store.pending(subscriber, { limit: 1, maxBytes: 1, now: clock.now() }),
    ]);
    const [oldest] = page.messages;
    const micros = oldest === undefined ? null : parseTimestamp(oldest.timestamp);
    this.#known.delete(subscriber);
    const { messages, countedAt } = counted;
    this.#known.set(subscriber, {
      subscriber,
      messages,
      countedAt,
      oldestAt: micros === null ? null : micros / 1000,
    });
  }

  async #count(subscriber: string, now: number): Promise<Pick<Known, 'messages' | 'countedAt'>> {
    const known = this.#known.get(subscriber);
    if (known && now - known.countedAt < this.deps.keepCountMs(known.messages)) return known;
    return { messages: await this.deps.store.countPending(subscriber), countedAt: now };
  }
}
