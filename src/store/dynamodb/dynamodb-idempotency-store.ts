import { StoreUnavailableError } from '../../errors';
import type { IdempotencyRecord, IdempotencyStore } from '../idempotency-store';
import { answerAttribute, idempotencyKey, toIdempotencyItem, toIdempotencyRecord } from './idempotency-item';
import type { Requests } from './requests';
import type { Table } from './table';

/** A claim is made again when the row that stood in its way is gone; that this happens twice is next to impossible. */
const MAX_CLAIM_ATTEMPTS = 3;

export interface DynamoDbIdempotencyStoreDeps {
  /** The messages table: it expires its rows by itself. */
  readonly table: Table;
  readonly requests: Requests;
}

/** The IdempotencyStore on the DynamoDB table of the messages; its rows are described in docs/dynamodb.md. */
export class DynamoDbIdempotencyStore implements IdempotencyStore {
  constructor(private readonly deps: DynamoDbIdempotencyStoreDeps) {}

  async claim(record: IdempotencyRecord, now: number): Promise<IdempotencyRecord> {
    const { table, requests } = this.deps;
    const deadline = requests.newDeadline();
    const Item = await toIdempotencyItem(record);
    for (let attempt = 1; attempt <= MAX_CLAIM_ATTEMPTS; attempt++) {
      const change = await table.put(
        {
          Item,
          ConditionExpression: 'attribute_not_exists(subscriber) OR claimable_at <= :now',
          ExpressionAttributeValues: { ':now': now },
        },
        deadline,
      );
      if (change === 'made') return record;
      // It is the record's own when an earlier attempt was stored and its answer lost.
      const there = await table.get({ Key: idempotencyKey(record.key) }, deadline);
      if (there !== null) return toIdempotencyRecord(there);
      // It expired, and DynamoDB deleted it in between.
    }
    throw new StoreUnavailableError('The row of an idempotency key kept vanishing');
  }

  async saveAnswer(key: string, messageId: string, answer: string): Promise<void> {
    const { name, value } = await answerAttribute(answer);
    const other = name === 'answer' ? 'answer_gzip' : 'answer';
    await this.deps.table.update({
      Key: idempotencyKey(key),
      UpdateExpression: `SET ${name} = :answer REMOVE ${other}`,
      ConditionExpression: 'message_id = :id',
      ExpressionAttributeValues: { ':id': messageId, ':answer': value },
    });
  }

  /** DynamoDB deletes expired rows by itself. */
  deleteExpired(): Promise<number> {
    return Promise.resolve(0);
  }
}
