import type { Subscription, SubscriptionRecord } from '../../model';
import type { SubscriptionStore } from '../subscription-store';
import { FULL_URL, fullUrlAttribute, subscriberOf, subscriberSortKey } from './sort-key';
import { type Item, type Table, textOf } from './table';

/** Parts of the table that are read at once when the server starts. */
const SCAN_SEGMENTS = 4;

/** The SubscriptionStore on a DynamoDB table; its rows are described in docs/dynamodb.md. */
export class DynamoDbSubscriptionStore implements SubscriptionStore {
  constructor(private readonly table: Table) {}

  async loadActive(): Promise<readonly Subscription[]> {
    const segments = Array.from({ length: SCAN_SEGMENTS }, (_, segment) => this.#loadSegment(segment));
    return (await Promise.all(segments)).flat();
  }

  async activate(subscription: Subscription, at: string): Promise<void> {
    const fullUrl = fullUrlAttribute(subscription.subscriber)[FULL_URL];
    await this.table.update({
      Key: keyOf(subscription),
      UpdateExpression:
        'SET created_at = if_not_exists(created_at, :at)' +
        (fullUrl === undefined ? '' : `, ${FULL_URL} = :url`) +
        ' REMOVE ended_at',
      ExpressionAttributeValues: { ':at': at, ...(fullUrl !== undefined && { ':url': fullUrl }) },
    });
  }

  async end(subscription: Subscription, at: string): Promise<void> {
    await this.table.update({
      Key: keyOf(subscription),
      UpdateExpression: 'SET ended_at = :at',
      ConditionExpression: 'attribute_exists(created_at) AND attribute_not_exists(ended_at)',
      ExpressionAttributeValues: { ':at': at },
    });
  }

  async history(topic: string): Promise<readonly SubscriptionRecord[]> {
    const records: SubscriptionRecord[] = [];
    const pages = this.table.query({
      KeyConditionExpression: 'topic = :topic',
      ExpressionAttributeValues: { ':topic': topic },
    });
    for await (const page of pages) records.push(...page.items.map(toRecord));
    // The table's own order differs where keys were shortened.
    return records.sort((a, b) => (a.subscriber < b.subscriber ? -1 : 1));
  }

  async #loadSegment(segment: number): Promise<Subscription[]> {
    const found: Subscription[] = [];
    const pages = this.table.scan({
      FilterExpression: 'attribute_exists(created_at) AND attribute_not_exists(ended_at)',
      Segment: segment,
      TotalSegments: SCAN_SEGMENTS,
    });
    for await (const page of pages) found.push(...page.items.map(toSubscription));
    return found;
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
