import { HeraldError } from '../errors';
import type { Subscription } from '../model';
import type { SubscriptionManager } from './subscription-manager';

/** Null is no limit. */
export interface SubscriptionLimits {
  readonly maxSubscriptionsPerTopic: number | null;
  readonly maxTopicsPerSubscriber: number | null;
}

/** Bounds subscriptions per topic and per subscriber. Those being made count as well: consent and the store take their time. */
export class SubscriptionQuota {
  readonly #beingMade = new Set<Subscription>();

  constructor(
    private readonly subscriptions: SubscriptionManager,
    private readonly limits: SubscriptionLimits,
  ) {}

  /**
   * Has `make` subscribe, unless there would be too many then. What is subscribed already may be subscribed again.
   *
   * @throws HeraldError `too_many_subscriptions`; whatever `make` rejects with
   */
  async within<T>(wanted: Subscription, make: () => Promise<T>): Promise<T> {
    if (this.subscriptions.subscribersOf(wanted.topic).includes(wanted.subscriber)) return make();
    this.#check(wanted);
    this.#beingMade.add(wanted);
    try {
      return await make();
    } finally {
      this.#beingMade.delete(wanted);
    }
  }

  #check({ topic, subscriber }: Subscription): void {
    const { maxSubscriptionsPerTopic: perTopic, maxTopicsPerSubscriber: perSubscriber } = this.limits;
    const others = [...this.#beingMade];
    const subscribers =
      this.subscriptions.subscribersOf(topic).length +
      others.filter((it) => it.topic === topic && it.subscriber !== subscriber).length;
    if (perTopic !== null && subscribers >= perTopic) {
      throw new HeraldError('too_many_subscriptions', `A topic has at most ${perTopic} subscribers`);
    }
    const topics =
      this.subscriptions.countOf(subscriber) +
      others.filter((it) => it.subscriber === subscriber && it.topic !== topic).length;
    if (perSubscriber !== null && topics >= perSubscriber) {
      throw new HeraldError(
        'too_many_subscriptions',
        `A subscriber is subscribed to at most ${perSubscriber} topics`,
      );
    }
  }
}
