import type { Subscription, SubscriptionRecord } from '../../model';
import type { SubscriptionStore } from '../subscription-store';
import { readInSteps } from './bounded-steps';
import type { SqliteClient } from './sqlite-client';

/** SubscriptionStore on the embedded database. */
export class SqliteSubscriptionStore implements SubscriptionStore {
  constructor(private readonly client: SqliteClient) {}

  loadActive(): Promise<readonly Subscription[]> {
    return readInSteps<Subscription>(async (after, limit) => {
      const rows = await this.client.read('activeSubscriptions', [
        after?.topic ?? '',
        after?.subscriber ?? '',
        limit,
      ]);
      return rows.map(([topic, subscriber]) => ({ topic, subscriber }));
    });
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
