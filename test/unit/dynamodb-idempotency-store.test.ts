import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { StoreUnavailableError } from '../../src/errors';
import { newMessageId } from '../../src/message-id';
import type { IdempotencyRecord } from '../../src/store/idempotency-store';
import { formatTimestamp } from '../../src/timestamp';
import {
  itemBytes,
  networkError,
  newIdempotencyStore,
  passTime,
  sdkError,
  StubClient,
} from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const CLASH = sdkError('ConditionalCheckFailedException');
const clock = new ManualClock();
const NOW = clock.now();
const SHA256_OF_KEY = 'cd9c4a7aeab7b135f907ed5591c53ac6b2ec6c0212a6160f7ee5cd954eaf979f';

const aRecord = (rest: Partial<IdempotencyRecord> = {}): IdempotencyRecord => ({
  key: 'orders 1',
  fingerprint: 'f'.repeat(64),
  messageId: newMessageId(NOW * 1000),
  timestamp: formatTimestamp(NOW * 1000),
  answer: null,
  expiresAt: NOW + 1500,
  ...rest,
});

type Item = Readonly<Record<string, unknown>>;

/** What DynamoDB holds of a record, as a claim of it sends it. */
async function itemOf(record: IdempotencyRecord): Promise<Item> {
  const client = new StubClient(() => ({}));
  await newIdempotencyStore(client, clock).claim(record, NOW);
  return client.sent[0]?.input.Item as Item;
}

describe('DynamoDbIdempotencyStore.claim', () => {
  it('writes one row, on condition that there is none or that it has expired, with the TTL in whole seconds', async () => {
    const client = new StubClient(() => ({}));
    const record = aRecord();
    expect(await newIdempotencyStore(client, clock).claim(record, NOW)).toBe(record);
    expect(client.sent).toEqual([
      {
        name: 'PutCommand',
        input: {
          TableName: 'messages',
          ConditionExpression: 'attribute_not_exists(subscriber) OR claimable_at <= :now',
          ExpressionAttributeValues: { ':now': NOW },
          Item: {
            subscriber: `idempotency ${SHA256_OF_KEY}`,
            timestamp: 'idempotency',
            idempotency_key: 'orders 1',
            fingerprint: record.fingerprint,
            message_id: record.messageId,
            message_timestamp: record.timestamp,
            claimable_at: NOW + 1500,
            expires_at: NOW / 1000 + 2,
          },
        },
      },
    ]);
  });

  it('has its own record when an earlier attempt was stored and its answer lost', async () => {
    const record = aRecord();
    const item = await itemOf(record);
    const client = new StubClient(({ name }, number) => {
      if (name === 'GetCommand') return { Item: item };
      throw number === 1 ? networkError('ECONNRESET') : CLASH;
    });
    const claim = newIdempotencyStore(client, clock).claim(record, NOW);
    expect(await passTime(clock, claim)).toEqual(record);
    expect(client.names).toEqual(['Put', 'Put', 'Get']);
    expect(client.sent.at(-1)?.input).toMatchObject({ ConsistentRead: true });
  });

  it('claims again when the row in its way was deleted before it could be read', async () => {
    const client = new StubClient((_, number) => {
      if (number === 1) throw CLASH;
      return {};
    });
    const record = aRecord();
    expect(await newIdempotencyStore(client, clock).claim(record, NOW)).toBe(record);
    expect(client.names).toEqual(['Put', 'Get', 'Put']);
  });

  it('gives up when that happens over and over', async () => {
    const client = new StubClient(({ name }) => {
      if (name === 'PutCommand') throw CLASH;
      return {};
    });
    const claim = newIdempotencyStore(client, clock).claim(aRecord(), NOW);
    await expect(claim).rejects.toThrow(StoreUnavailableError);
    expect(client.names).toHaveLength(6);
  });

  it.each<{ name: string; damage: Item }>([
    { name: 'lacks its message', damage: { message_id: undefined } },
    { name: 'expires at a text', damage: { claimable_at: 'soon' } },
    { name: 'has an answer that is not compressed', damage: { answer_gzip: new Uint8Array([1, 2, 3]) } },
  ])('rejects when a row was not written by this program: it $name', async ({ damage }) => {
    const item = { ...(await itemOf(aRecord())), ...damage };
    const client = new StubClient(({ name }) => {
      if (name === 'GetCommand') return { Item: item };
      throw CLASH;
    });
    const claim = newIdempotencyStore(client, clock).claim(aRecord(), NOW);
    await expect(claim).rejects.toThrow(StoreUnavailableError);
  });
});

describe('DynamoDbIdempotencyStore.saveAnswer', () => {
  /** Saves an answer, and hands over the request that this sent. */
  async function saved(answer: string): Promise<Item> {
    const client = new StubClient(() => ({}));
    await newIdempotencyStore(client, clock).saveAnswer('orders 1', 'msg_1', answer);
    expect(client.names).toEqual(['Update']);
    return client.sent[0]?.input ?? {};
  }

  it('changes only the row that the message has claimed', async () => {
    expect(await saved('{}')).toEqual({
      TableName: 'messages',
      Key: { subscriber: `idempotency ${SHA256_OF_KEY}`, timestamp: 'idempotency' },
      UpdateExpression: 'SET answer = :answer REMOVE answer_gzip',
      ConditionExpression: 'message_id = :id',
      ExpressionAttributeValues: { ':id': 'msg_1', ':answer': '{}' },
    });
  });

  it('compresses an answer of more than 4 KiB', async () => {
    const answer = 'é'.repeat(2049);
    const input = await saved(answer);
    expect(input.UpdateExpression).toBe('SET answer_gzip = :answer REMOVE answer');
    const { ':answer': bytes } = input.ExpressionAttributeValues as { ':answer': Uint8Array };
    expect(gunzipSync(bytes).toString()).toBe(answer);
    expect(await saved('é'.repeat(2048))).toMatchObject({
      UpdateExpression: 'SET answer = :answer REMOVE answer_gzip',
    });
  });

  it('refuses an answer that is too long even compressed, before it sends anything', async () => {
    const client = new StubClient(() => ({}));
    const answer = randomBytes(500_000).toString('hex');
    const save = newIdempotencyStore(client, clock).saveAnswer('orders 1', 'msg_1', answer);
    await expect(save).rejects.toThrow(RangeError);
    await expect(save).rejects.toThrow(
      /^An answer of 1000000 bytes cannot be kept in DynamoDB: it has 5\d{5} bytes once compressed/,
    );
    expect(client.sent).toEqual([]);
  });

  it('fits the longest key and the longest answer into 400 KB', async () => {
    // Four bits of chance to a character: nothing makes less than half of it, and gzip 54 %.
    const answer = randomBytes(367_000).toString('hex');
    const item = await itemOf(aRecord({ key: '界'.repeat(600), answer }));
    expect(itemBytes(item) + 100).toBeLessThanOrEqual(409_600);
    expect(itemBytes(item)).toBeGreaterThan(390_000);
  });
});
