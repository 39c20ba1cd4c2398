import { DynamoDbSubscriptionStore } from '../../src/store/dynamodb/dynamodb-subscription-store';
import { Table } from '../../src/store/dynamodb/table';
import { newRequests, sdkError, StubClient } from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const ALICE = { topic: 'orders', subscriber: 'http://alice.example/hook' };
const AT = '2026-08-04T12:00:00.000001+00:00';
const clock = new ManualClock();
const NOW = clock.now() * 1000;

function newStore(client: StubClient): DynamoDbSubscriptionStore {
  const requests = newRequests(clock);
  const table = new Table('subscriptions', client.asDocumentClient(), requests);
  return new DynamoDbSubscriptionStore({ table, requests, clock });
}

describe('DynamoDbSubscriptionStore', () => {
  it('stamps each change, also one that changes nothing else, and makes it only in place of an older one', async () => {
    const client = new StubClient(() => ({}));
    const store = newStore(client);
    await store.activate(ALICE, AT);
    await store.end(ALICE, AT);
    await store.end(ALICE, AT);
    const condition = '(attribute_not_exists(changed_at) OR changed_at < :stamp)';
    expect(client.sent.map(({ input }) => [input.ConditionExpression, input.UpdateExpression])).toEqual([
      [condition, 'SET created_at = if_not_exists(created_at, :at), changed_at = :stamp REMOVE ended_at'],
      [condition, 'SET ended_at = if_not_exists(ended_at, :at), changed_at = :stamp'],
      [condition, 'SET ended_at = if_not_exists(ended_at, :at), changed_at = :stamp'],
    ]);
    const stamps = [0, 1, 2].map((n) => ({ ':at': AT, ':stamp': NOW + n }));
    expect(client.sent.map(({ input }) => input.ExpressionAttributeValues)).toEqual(stamps);
  });

  it('makes a change anew that a clock that is ahead stands in the way of', async () => {
    const client = new StubClient(({ name }, number) => {
      if (name === 'GetCommand') return { Item: { changed_at: NOW + 5000 } };
      if (number === 1) throw sdkError('ConditionalCheckFailedException');
      return {};
    });
    await newStore(client).end(ALICE, AT);
    expect(client.names).toEqual(['Update', 'Get', 'Update']);
    expect(client.sent.at(-1)?.input.ExpressionAttributeValues).toEqual({ ':at': AT, ':stamp': NOW + 5001 });
  });
});
