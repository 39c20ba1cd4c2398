import { StoreUnavailableError } from '../../src/errors';
import { DynamoDbSubscriberStore } from '../../src/store/dynamodb/dynamodb-subscriber-store';
import { Table } from '../../src/store/dynamodb/table';
import { newRequests, StubClient } from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const ROW = {
  subscriber: 'http://alice.example/hook',
  created_at: '2026-08-04T12:00:00.000001+00:00',
  settings: '{"paused":true}',
  secrets: '[]',
};
const RECORD = {
  subscriber: ROW.subscriber,
  createdAt: ROW.created_at,
  settings: { paused: true },
  disabled: null,
  failingSince: null,
  asideUpTo: null,
  secrets: [],
  tokenHash: null,
};

function newStore(client: StubClient): DynamoDbSubscriberStore {
  const requests = newRequests(new ManualClock());
  return new DynamoDbSubscriberStore(new Table('subscribers', client.asDocumentClient(), requests));
}

describe('DynamoDbSubscriberStore', () => {
  it('writes a whole row, without what is not set', async () => {
    const client = new StubClient(() => ({}));
    await newStore(client).save(RECORD);
    expect(client.sent).toEqual([{ name: 'PutCommand', input: { TableName: 'subscribers', Item: ROW } }]);
  });

  it('reads every page of every segment, consistently', async () => {
    const client = new StubClient(({ input: { Segment: segment, ExclusiveStartKey: start } }) => ({
      Items: [{ ...ROW, subscriber: `http://${String(segment)}.example/${start === undefined ? 1 : 2}` }],
      ...(start === undefined && { LastEvaluatedKey: { subscriber: 'http://last.example/' } }),
    }));
    const loaded = await newStore(client).loadAll();
    expect(loaded.map(({ subscriber }) => subscriber).sort()).toEqual(
      [0, 1, 2, 3].flatMap((segment) => [`http://${segment}.example/1`, `http://${segment}.example/2`]),
    );
    expect(client.sent.map(({ input }) => input.ConsistentRead)).toEqual(Array(8).fill(true));
  });

  it.each<{ name: string; damage: object }>([
    { name: 'settings that are no JSON', damage: { settings: '{' } },
    { name: 'no secrets', damage: { secrets: undefined } },
    { name: 'a text for a number', damage: { failing_since: 'long ago' } },
  ])('rejects when a row was not written by this program: it has $name', async ({ damage }) => {
    const client = new StubClient(() => ({ Items: [{ ...ROW, ...damage }] }));
    await expect(newStore(client).loadAll()).rejects.toThrow(StoreUnavailableError);
  });
});
