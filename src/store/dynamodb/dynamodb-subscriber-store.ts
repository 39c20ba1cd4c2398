import type { SubscriberRecord } from '../../model';
import { toColumns, toSubscriberRecord } from '../subscriber-columns';
import type { SubscriberStore } from '../subscriber-store';
import { storeUnavailable } from './faults';
import { IS_NEWER, STAMP, StampedChanges, type StampedChangesDeps } from './stamped-changes';
import { type Item, numberOf, textOf } from './table';

/** The SubscriberStore on a DynamoDB table; its rows are described in docs/dynamodb.md. */
export class DynamoDbSubscriberStore implements SubscriberStore {
  readonly #changes: StampedChanges;

  constructor(private readonly deps: StampedChangesDeps) {
    this.#changes = new StampedChanges(deps);
  }

  loadAll(): Promise<readonly SubscriberRecord[]> {
    return this.#changes.readAll(toRecord);
  }

  async save(record: SubscriberRecord): Promise<void> {
    const columns = Object.entries(toColumns(record)).filter(([, value]) => value !== null);
    await this.#changes.make(
      (stamp, deadline) => {
        const change = {
          Item: Object.fromEntries([...columns, [STAMP, stamp]]),
          ConditionExpression: IS_NEWER,
          ExpressionAttributeValues: { ':stamp': stamp },
        };
        return this.deps.table.put(change, deadline);
      },
      { subscriber: record.subscriber },
    );
  }
}

function toRecord(item: Item): SubscriberRecord {
  const textOrNull = (attribute: string) => (attribute in item ? textOf(item, attribute) : null);
  const columns = {
    subscriber: textOf(item, 'subscriber'),
    created_at: textOf(item, 'created_at'),
    settings: textOf(item, 'settings'),
    disabled_at: textOrNull('disabled_at'),
    disabled_reason: textOrNull('disabled_reason'),
    failing_since: 'failing_since' in item ? numberOf(item, 'failing_since') : null,
    aside_up_to: textOrNull('aside_up_to'),
    secrets: textOf(item, 'secrets'),
    token_hash: textOrNull('token_hash'),
  };
  try {
    return toSubscriberRecord(columns);
  } catch (error) {
    throw storeUnavailable(`make sense of the row of ${columns.subscriber}`, error);
  }
}
