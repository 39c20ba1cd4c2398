import type { Subscription, SubscriptionRecord } from '../model';

/**
 * Holds who is, and who was, subscribed to what. Whatever resolved is durable.
 * Every method rejects with StoreUnavailableError when the backend cannot do it, and is then safe to repeat.
 */
export interface SubscriptionStore {
  /** All active subscriptions, in no particular order. */
  loadActive(): Promise<readonly Subscription[]>;

  /**
   * Makes the subscription active. One that is active stays as it is; one that had ended becomes active again, with
   * its first `createdAt`.
   *
   * @param at the time of the change, in the form of `Message.timestamp`
   */
  activate(subscription: Subscription, at: string): Promise<void>;

  /** Ends the subscription; it stays in the history. Ending one that is not active changes nothing. */
  end(subscription: Subscription, at: string): Promise<void>;

  /** Every subscription that the topic has or had, ordered by subscriber. */
  history(topic: string): Promise<readonly SubscriptionRecord[]>;
}
