import type { Clock } from '../clock';
import type { MessageStore } from '../store/message-store';
import { formatTime } from '../timestamp';
import type { Backlog } from './backlog';
import { mapSome } from './map-some';
import type { SubscriberDescription } from './subscriber-admin';
import type { Subscribers } from './subscribers';
import type { SubscriptionManager } from './subscription-manager';

const MAX_TOPICS = 500;
const MAX_SUBSCRIBERS = 500;
/** Subscribers that are listed under topics, over all of them. */
const MAX_LISTED = 10_000;
/** Subscribers whose backlogs are looked at, at once. */
const AT_ONCE = 16;
/** Whoever asks within this time gets the same answer. */
const KEEP_MS = 250;

export interface OverviewDeps {
  readonly store: MessageStore;
  readonly subscriptions: SubscriptionManager;
  readonly subscribers: Subscribers;
  readonly backlog: Backlog;
  readonly clock: Clock;
}

export type SubscriberOverview = Omit<SubscriberDescription, 'oldestPending'> & {
  readonly oldestPendingAt: string | null;
};

export interface OverviewResult {
  readonly topics: readonly { readonly topic: string; readonly subscribers: readonly string[] }[];
  /** Those in trouble first, then those with a backlog, then those that are paused or poll. */
  readonly subscribers: readonly SubscriberOverview[];
  /** Whether anything was left out. */
  readonly hasMore: boolean;
}

/**
 * Everything at a glance: at most 500 topics and 500 subscribers. Costs the number of subscriptions and subscribers in
 * memory, and two questions to the store for each listed subscriber that has a backlog, four times a second at most.
 */
export class Overview {
  #latest: Promise<OverviewResult> | null = null;
  #takenAt = 0;

  constructor(private readonly deps: OverviewDeps) {}

  /** @throws StoreUnavailableError */
  take(): Promise<OverviewResult> {
    const now = this.deps.clock.monotonicMs();
    if (this.#latest && now - this.#takenAt < KEEP_MS) return this.#latest;
    this.#takenAt = now;
    const latest = this.#take();
    this.#latest = latest;
    latest.catch(() => {
      // Whoever asks next is not answered with an old failure; those who asked are told by `latest` itself.
      if (this.#latest === latest) this.#latest = null;
    });
    return latest;
  }

  async #take(): Promise<OverviewResult> {
    const behind = new Set(await this.deps.store.subscribersWithBacklog());
    const { urls, isCut } = this.#chosen(behind);
    const topics = this.#topics();
    const topicsOf = this.deps.subscriptions.topicsOfEach(new Set(urls));
    const described = await mapSome(urls, AT_ONCE, (url) =>
      this.#describe(url, topicsOf.get(url) ?? [], behind.has(url)),
    );
    return { topics: topics.list, subscribers: described, hasMore: isCut || topics.isCut };
  }

  #topics(): { readonly list: OverviewResult['topics']; readonly isCut: boolean } {
    const list: OverviewResult['topics'][number][] = [];
    let left = MAX_LISTED;
    let isCut = false;
    for (const [topic, all] of this.deps.subscriptions.topics()) {
      if (list.length === MAX_TOPICS) return { list, isCut: true };
      const subscribers = all.slice(0, left);
      left -= subscribers.length;
      isCut ||= subscribers.length < all.length;
      list.push({ topic, subscribers });
    }
    return { list, isCut };
  }

  #chosen(behind: ReadonlySet<string>): { readonly urls: readonly string[]; readonly isCut: boolean } {
    const { subscribers, subscriptions } = this.deps;
    const chosen = new Set<string>();
    const troubled = subscribers.urlsInTrouble();
    const isSubscribed = (url: string) => subscriptions.isSubscribed(url);
    const sources = [
      // Whoever has left for good stays as it was last, and must not hide those that are here.
      troubled.filter((url) => isSubscribed(url) || behind.has(url)),
      behind,
      Array.from(subscribers.urlsNotPushed()).filter(isSubscribed),
      subscriptions.subscribers(),
      troubled,
      subscribers.known(),
    ];
    for (const source of sources) {
      for (const url of source) {
        if (chosen.size === MAX_SUBSCRIBERS && !chosen.has(url)) return { urls: [...chosen], isCut: true };
        chosen.add(url);
      }
    }
    return { urls: [...chosen], isCut: false };
  }

  async #describe(url: string, topics: readonly string[], isBehind: boolean): Promise<SubscriberOverview> {
    const { subscribers, backlog } = this.deps;
    const { pending, oldest } = isBehind ? await backlog.summary(url) : { pending: 0, oldest: null };
    const { state, inFlight, lastError, failingSince, nextAttemptAt } = subscribers.statusOf(url);
    return {
      url,
      topics,
      state,
      inFlight,
      pending,
      oldestPendingAt: oldest?.timestamp ?? null,
      lastError,
      failingSince: failingSince === null ? null : formatTime(failingSince),
      nextAttemptAt,
      disabled: subscribers.recordOf(url).disabled,
      settings: subscribers.settingsOf(url),
    };
  }
}
