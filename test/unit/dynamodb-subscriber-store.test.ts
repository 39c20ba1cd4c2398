import { StoreUnavailableError } from '../../src/errors';
import { DynamoDbSubscriberStore } from '../../src/store/dynamodb/dynamodb-subscriber-store';
import { Table } from '../../src/store/dynamodb/table';
import {
  networkError,
  newRequests,
  passTime,
  sdkError,
  type Sent,
  StubClient,
} from '../support/dynamodb-stub';
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

const clock = new ManualClock();
const NOW = clock.now() * 1000;
const CLASH = sdkError('ConditionalCheckFailedException');

function newStore(client: StubClient): DynamoDbSubscriberStore {
  const requests = newRequests(clock);
  const table = new Table('subscribers', client.asDocumentClient(), requests);
  return new DynamoDbSubscriberStore({ table, requests, clock });
}

const itemOf = ({ input }: Sent) => input.Item as { settings: string; changed_at: number };

/** One row, and what DynamoDB does to it for a request. */
class Row {
  item: Partial<ReturnType<typeof itemOf>> = {};

  carryOut(sent: Sent): object {
    if (sent.name === 'GetCommand') return { Item: this.item };
    const item = itemOf(sent);
    if (this.item.changed_at !== undefined && this.item.changed_at >= item.changed_at) throw CLASH;
    this.item = item;
    return {};
  }
}

describe('DynamoDbSubscriberStore', () => {
  it('writes a whole row, without what is not set, in place of an older one', async () => {
    const client = new StubClient(() => ({}));
    await newStore(client).save(RECORD);
    const input = {
      TableName: 'subscribers',
      Item: { ...ROW, changed_at: NOW },
      ConditionExpression: '(attribute_not_exists(changed_at) OR changed_at < :stamp)',
      ExpressionAttributeValues: { ':stamp': NOW },
    };
    expect(client.sent).toEqual([{ name: 'PutCommand', input }]);
  });

  it('does not undo a later change when an attempt that was given up is carried out late', async () => {
    const row = new Row();
    const client = new StubClient((sent, number) => {
      if (number > 1) return row.carryOut(sent);
      throw networkError('ETIMEDOUT');
    });
    const store = newStore(client);
    await passTime(clock, store.save({ ...RECORD, settings: { maxInFlight: 3 } }));
    await store.save(RECORD);
    const [late] = client.sent;
    expect(() => late && row.carryOut(late)).toThrow(CLASH);
    expect(row.item).toMatchObject(ROW);
  });

  it('is done when an earlier attempt was carried out and its answer lost', async () => {
    const row = new Row();
    const client = new StubClient((sent, number) => {
      const answer = row.carryOut(sent);
      if (number === 1) throw networkError('ECONNRESET');
      return answer;
    });
    await passTime(clock, newStore(client).save(RECORD));
    expect(client.names).toEqual(['Put', 'Put', 'Get']);
  });

  it.each(['read at the start', 'met'])(
    'takes the place of what a clock wrote that is ahead: %s',
    async (how) => {
      const row = new Row();
      row.item = { ...ROW, changed_at: 2 * NOW };
      const client = new StubClient((sent) =>
        sent.name === 'ScanCommand' ? { Items: [row.item] } : row.carryOut(sent),
      );
      const store = newStore(client);
      if (how !== 'met') await store.loadAll();
      await store.save({ ...RECORD, settings: {} });
      expect(row.item).toMatchObject({ settings: '{}', changed_at: 2 * NOW + 1 });
      expect(client.names.filter((name) => name !== 'Scan')).toEqual(
        how === 'met' ? ['Put', 'Get', 'Put'] : ['Put'],
      );
    },
  );

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
