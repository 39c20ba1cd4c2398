import type { Subscription, SubscriptionRecord } from '../../model';
import type { SubscriptionStore } from '../subscription-store';
import { CHUNK } from './bounded-steps';
import type { SqliteClient } from './sqlite-client';

const BEFORE_ALL: Subscription = { topic: '', subscriber: '' };

/** SubscriptionStore on the embedded database. */
export class SqliteSubscriptionStore implements SubscriptionStore {
  constructor(private readonly client: SqliteClient) {}

  async loadActive(): Promise<readonly Subscription[]> {
    const active: Subscription[] = [];
    for (;;) {
      const { topic, subscriber } = active.at(-1) ?? BEFORE_ALL;
      const rows = await this.client.read('activeSubscriptions', [topic, subscriber, CHUNK]);
      for (const [topic, subscriber] of rows) active.push({ topic, subscriber });
      if (rows.length < CHUNK) return active;
    }
  }

  activate({ topic, subscriber }: Subscription, at: string): Promise<void> {
    return this.client.write('activateSubscription', [topic, subscriber, at]);
  }

  end({ topic, subscriber }: Subscription, at: string): Promise<void> {
    return this.client.write('endSubscription', [topic, subscriber, at]);
  }

  async history(topic: string): Promise<readonly SubscriptionRecord[]> {
    const rows = await this.client.read('subscriptionHistory', [topic]);
    return rows.map(([, subscriber, createdAt, endedAt]) => ({ topic, subscriber, createdAt, endedAt }));
  }
}
