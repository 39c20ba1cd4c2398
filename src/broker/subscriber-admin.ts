import { HeraldError } from '../errors';
import type { QueueState, StoredSettings, SubscriberSettings } from '../model';
import { formatTime } from '../timestamp';
import type { Backlog } from './backlog';
import type { SubscriberGate } from './subscriber-gate';
import type { LastError } from './subscriber-health';
import type { Credentials, Subscribers } from './subscribers';
import type { SubscriptionManager } from './subscription-manager';
import type { SubscriptionQuota } from './subscription-quota';

export interface SubscriberAdminDeps {
  readonly subscriptions: SubscriptionManager;
  readonly subscribers: Subscribers;
  readonly backlog: Backlog;
  readonly gate: SubscriberGate;
  readonly quota: SubscriptionQuota;
}

/** All that is to be said about one subscriber. */
export interface SubscriberDescription {
  readonly url: string;
  readonly topics: readonly string[];
  readonly state: QueueState;
  /** Pushes under way. */
  readonly inFlight: number;
  readonly pending: number;
  readonly oldestPending: { readonly id: string; readonly topic: string; readonly timestamp: string } | null;
  readonly lastError: LastError | null;
  /** Since when no push has succeeded; null while they do. */
  readonly failingSince: string | null;
  readonly nextAttemptAt: string | null;
  readonly disabled: { readonly at: string; readonly reason: string } | null;
  readonly settings: SubscriberSettings;
}

/** Whose a subscriber is. */
export interface OwnedSubscriber {
  /** In normal form. */
  readonly url: string;
  /** Of its token, of which nothing else is kept; null when it has none. */
  readonly tokenHash: string | null;
}

export interface Subscribed {
  /** False when the subscription was there. */
  readonly isNew: boolean;
  /** For the first subscription of a URL: shown here and never again. */
  readonly credentials: Credentials | null;
}

/** What a subscriber says about itself: its subscriptions and settings; and what is known of it. */
export class SubscriberAdmin {
  constructor(private readonly deps: SubscriberAdminDeps) {}

  /**
   * Subscribes `url` (in normal form) to `topic`, with the settings that are given; enables it when it was disabled.
   * Idempotent.
   *
   * @throws HeraldError `blocked_address`, `verification_failed`, `too_many_subscriptions`; StoreUnavailableError when it
   *   could not be stored
   */
  subscribe(topic: string, url: string, settings: StoredSettings): Promise<Subscribed> {
    return this.deps.quota.within({ topic, subscriber: url }, async () => {
      const admitted = await this.#admit(url, settings);
      const { subscribers } = this.deps;
      const credentials = await subscribers.claim(url);
      try {
        if (Object.keys(admitted).length > 0) await subscribers.changeSettings(url, admitted);
        const isNew = await this.#subscribe(topic, url);
        return { isNew, credentials };
      } catch (error) {
        if (credentials) await subscribers.disclaim(url);
        throw error;
      }
    });
  }

  /** Whose the URL is. */
  owned(url: string): OwnedSubscriber {
    return { url, tokenHash: this.deps.subscribers.recordOf(url).tokenHash };
  }

  /** The secrets that verify the subscriber's pushes now. */
  secretsOf(url: string): readonly string[] {
    return this.deps.subscribers.secretsOf(url);
  }

  /**
   * Gives the subscriber a new signing secret; the one before signs along for 24 hours.
   *
   * @throws HeraldError `subscriber_not_found`; StoreUnavailableError
   */
  async rotateSecret(url: string): Promise<string> {
    await this.#checkKnown(url);
    return this.deps.subscribers.rotateSecret(url);
  }

  /** What is polled only is never connected to. What is known has consented before. */
  async #admit(url: string, settings: StoredSettings): Promise<StoredSettings> {
    const { subscribers, gate } = this.deps;
    const before = subscribers.settingsOf(url).delivery;
    const delivery = settings.delivery ?? before;
    if (delivery === 'poll') return settings;
    await gate.checkAddress(url);
    const hasConsented = subscribers.recordOf(url).tokenHash !== null && before === 'push';
    if (hasConsented) return settings;
    const { maxPerSecond } = await gate.admit(url);
    return maxPerSecond === null ? settings : { maxPerSecond, ...settings };
  }

  /** From polled to pushed is like new: nobody has asked it yet. */
  async #checkedChanges(url: string, settings: StoredSettings): Promise<StoredSettings> {
    const { subscribers, gate } = this.deps;
    if (settings.delivery !== 'push' || subscribers.settingsOf(url).delivery === 'push') return settings;
    await gate.checkAddress(url);
    const { maxPerSecond } = await gate.admit(url);
    return maxPerSecond === null ? settings : { maxPerSecond, ...settings };
  }

  async #subscribe(topic: string, url: string): Promise<boolean> {
    const { subscriptions, subscribers } = this.deps;
    const wasSubscribed = subscriptions.isSubscribed(url);
    const isNew = await subscriptions.subscribe(topic, url);
    if (subscribers.recordOf(url).disabled) await subscribers.enable(url);
    else if (!wasSubscribed) subscribers.activeQueueOf(url)?.changed();
    return isNew;
  }

  /**
   * Changes settings; those that are not given stay.
   *
   * @throws HeraldError `subscriber_not_found`; StoreUnavailableError
   */
  async change(url: string, settings: StoredSettings): Promise<SubscriberDescription> {
    await this.#checkKnown(url);
    await this.deps.subscribers.changeSettings(url, await this.#checkedChanges(url, settings));
    return this.describe(url);
  }

  /** @throws HeraldError `subscriber_not_found`; StoreUnavailableError */
  async describe(url: string): Promise<SubscriberDescription> {
    const { subscriptions, subscribers, backlog } = this.deps;
    const { pending, oldest } = await backlog.summary(url);
    this.#refuseUnknown(url, pending);
    const { state, inFlight, lastError, failingSince, nextAttemptAt } = subscribers.statusOf(url);
    return {
      url,
      topics: subscriptions.topicsOf(url),
      state,
      inFlight,
      pending,
      oldestPending: oldest && { id: oldest.id, topic: oldest.topic, timestamp: oldest.timestamp },
      lastError,
      failingSince: failingSince === null ? null : formatTime(failingSince),
      nextAttemptAt,
      disabled: subscribers.recordOf(url).disabled,
      settings: subscribers.settingsOf(url),
    };
  }

  async #checkKnown(url: string): Promise<void> {
    if (this.#isKnown(url)) return;
    const { pending } = await this.deps.backlog.summary(url);
    this.#refuseUnknown(url, pending);
  }

  #isKnown(url: string): boolean {
    return this.deps.subscriptions.isSubscribed(url) || this.deps.subscribers.isKnown(url);
  }

  #refuseUnknown(url: string, pending: number): void {
    if (pending > 0 || this.#isKnown(url)) return;
    throw new HeraldError('subscriber_not_found', `${url} is not subscribed to anything, and never was`);
  }
}
