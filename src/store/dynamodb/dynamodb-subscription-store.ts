import type { Subscription, SubscriptionRecord } from '../../model';
import type { SubscriptionStore } from '../subscription-store';
import { FULL_URL, fullUrlAttribute, subscriberOf, subscriberSortKey } from './sort-key';
import { IS_NEWER, STAMP, StampedChanges, type StampedChangesDeps } from './stamped-changes';
import { type Item, textOf } from './table';

/** The SubscriptionStore on a DynamoDB table; its rows are described in docs/dynamodb.md. */
export class DynamoDbSubscriptionStore implements SubscriptionStore {
  readonly #changes: StampedChanges;

  constructor(private readonly deps: StampedChangesDeps) {
    this.#changes = new StampedChanges(deps);
  }

  loadActive(): Promise<readonly Subscription[]> {
    return this.#changes.readAll(
      toSubscription,
      'attribute_exists(created_at) AND attribute_not_exists(ended_at)',
    );
  }

  async activate(subscription: Subscription, at: string): Promise<void> {
    const fullUrl = fullUrlAttribute(subscription.subscriber)[FULL_URL];
    const urlToo = fullUrl === undefined ? '' : `, ${FULL_URL} = :url`;
    await this.#change(subscription, {
      update: `SET created_at = if_not_exists(created_at, :at)${urlToo}, ${STAMP} = :stamp REMOVE ended_at`,
      values: { ':at': at, ...(fullUrl !== undefined && { ':url': fullUrl }) },
    });
  }

  async end(subscription: Subscription, at: string): Promise<void> {
    // Where none is active it is stamped all the same: an `activate` that failed may still be carried out.
    await this.#change(subscription, {
      update: `SET ended_at = if_not_exists(ended_at, :at), ${STAMP} = :stamp`,
      values: { ':at': at },
    });
  }

  async history(topic: string): Promise<readonly SubscriptionRecord[]> {
    const records: SubscriptionRecord[] = [];
    const pages = this.deps.table.query({
      KeyConditionExpression: 'topic = :topic',
      // A row without it was ended without ever having been active.
      FilterExpression: 'attribute_exists(created_at)',
      ExpressionAttributeValues: { ':topic': topic },
    });
    for await (const page of pages) records.push(...page.items.map(toRecord));
    // The table's own order differs where keys were shortened.
    return records.sort((a, b) => (a.subscriber < b.subscriber ? -1 : 1));
  }

  async #change(
    subscription: Subscription,
    change: { readonly update: string; readonly values: Item },
  ): Promise<void> {
    const Key = keyOf(subscription);
    await this.#changes.make(
      (stamp, deadline) =>
        this.deps.table.update(
          {
            Key,
            ConditionExpression: IS_NEWER,
            UpdateExpression: change.update,
            ExpressionAttributeValues: { ...change.values, ':stamp': stamp },
          },
          deadline,
        ),
      Key,
    );
  }
}

function keyOf({ topic, subscriber }: Subscription): { topic: string; subscriber: string } {
  return { topic, subscriber: subscriberSortKey(subscriber) };
}

function toSubscription(item: Item): Subscription {
  return { topic: textOf(item, 'topic'), subscriber: subscriberOf(item, 'subscriber') };
}

function toRecord(item: Item): SubscriptionRecord {
  return {
    ...toSubscription(item),
    createdAt: textOf(item, 'created_at'),
    endedAt: 'ended_at' in item ? textOf(item, 'ended_at') : null,
  };
}
