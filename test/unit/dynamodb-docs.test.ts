import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newMessageId } from '../../src/message-id';
import { MAX_ANSWER_BYTES } from '../../src/store/dynamodb/idempotency-item';
import { MAX_DATA_BYTES } from '../../src/store/dynamodb/message-item';
import { openDynamoDbStores } from '../../src/store/dynamodb/open-dynamodb-stores';
import { creationOf, namedShapes, PENDING_INDEX } from '../../src/store/dynamodb/table-shapes';
import { createTables } from '../../src/store/dynamodb/tables';
import type { Stores } from '../../src/store/stores';
import { formatTimestamp } from '../../src/timestamp';
import { sdkError, type Sent, StubClient } from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const NAMES = {
  messages: 'pub-sub-messages',
  subscriptions: 'pub-sub-subscriptions',
  subscribers: 'pub-sub-subscribers',
};
const ALICE = 'http://alice.example/hook';
const CLASH = sdkError('ConditionalCheckFailedException');
const clock = new ManualClock();
const MICROS = clock.now() * 1000;
const AT = formatTimestamp(MICROS);
const ID = newMessageId(MICROS);

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: readonly string[] }[];
}

/** `action table` or `action table/index` for each that the policy allows. */
function allowedBy({ Statement }: Policy): string[] {
  const pairs = Statement.flatMap(({ Action, Resource }) =>
    Resource.flatMap((arn) => Action.map((action) => `${action} ${String(arn.split(':table/')[1])}`)),
  );
  return pairs.sort();
}

/** The same for what was sent. */
function neededFor(sent: readonly Sent[]): string[] {
  const pairs = sent.map(({ name, input }) => {
    const index = typeof input.IndexName === 'string' ? `/index/${input.IndexName}` : '';
    // The document client's commands are called as the actions are, without the word.
    const action = name.replace('Command', '').replace(/^(Put|Get|Update|Delete)$/, '$1Item');
    return `dynamodb:${action} ${String(input.TableName)}${index}`;
  });
  return [...new Set(pairs)].sort();
}

const tableOf = (name: unknown) => {
  const found = namedShapes(NAMES).find((one) => one.name === name);
  return found && { ...creationOf(found.name, found.shape), TableStatus: 'ACTIVE' };
};

/** Uses everything that stores offer. */
async function useAll(stores: Stores): Promise<void> {
  const subscription = { topic: 'orders', subscriber: ALICE };
  const message = { id: ID, topic: 'orders', timestamp: AT, data: '{}' };
  const { messages, subscriptions, subscribers, idempotency } = stores;
  await stores.ping();
  await messages.put(message, [{ subscriber: ALICE, expiresAt: clock.now() }]);
  await messages.pending(ALICE, { limit: 1, maxBytes: 1, now: clock.now() });
  await messages.locate(ALICE, [ID]);
  await messages.markReceived(ALICE, [AT], clock.now());
  await messages.markReceivedUpTo(ALICE, AT, clock.now());
  await messages.setAside(ALICE, AT, 'timeout');
  await messages.purge(ALICE, {});
  await messages.countPending(ALICE);
  await messages.subscribersWithBacklog();
  await messages.deleteExpired(clock.now(), 1);
  await messages.lateCopies(1);
  await messages.lastPosition();
  await subscriptions.loadActive();
  await subscriptions.activate(subscription, AT);
  await subscriptions.end(subscription, AT);
  await subscriptions.history('orders');
  const none = { settings: {}, disabled: null, failingSince: null, asideUpTo: null, tokenHash: null };
  await subscribers.save({ ...none, subscriber: ALICE, createdAt: AT, secrets: [] });
  await subscribers.loadAll();
  const claim = { key: 'orders 1', fingerprint: 'f', messageId: ID, timestamp: AT, answer: null };
  await idempotency.claim({ ...claim, expiresAt: clock.now() }, clock.now());
  await idempotency.saveAnswer('orders 1', ID, '{}');
  await idempotency.deleteExpired(clock.now(), 1);
}

/** Everything is stored already, so that every operation takes its longest way. */
function answerAsIfStored({ name, input }: Sent): unknown {
  const values = (input.ExpressionAttributeValues ?? {}) as Record<string, unknown>;
  if (name === 'DescribeTableCommand') return { Table: tableOf(input.TableName) };
  const isInTheWay = name === 'PutCommand' && input.TableName === NAMES.messages;
  if (isInTheWay && input.ConditionExpression !== undefined) throw CLASH;
  if (name === 'GetCommand') {
    const record = { id: ID, idempotency_key: 'orders 1', fingerprint: 'f', message_id: ID };
    return { Item: { ...record, message_timestamp: AT, claimable_at: clock.now() + 1 } };
  }
  if (name !== 'QueryCommand') return {};
  if (input.IndexName === PENDING_INDEX) {
    const isCopy = input.Select === 'ALL_ATTRIBUTES';
    // None is pending where that is looked up for a flag, so that the flag is lowered.
    return { Items: isCopy ? [] : [{ timestamp: AT }].slice(0, 'upTo' in values ? 1 : 0) };
  }
  const flag = { subscriber: 'backlog', timestamp: ALICE, flagged_at: 0 };
  return { Items: values[':partition'] === 'backlog' ? [flag] : [] };
}

describe('docs/dynamodb.md', () => {
  const text = readFileSync(join(__dirname, '../../docs/dynamodb.md'), 'utf8');
  const policies = [...text.matchAll(/```json\n(.*?)```/gs)].map(
    ([, json]) => JSON.parse(String(json)) as Policy,
  );

  it('allows the server exactly what it does', async () => {
    const client = new StubClient(answerAsIfStored);
    const stores = await openDynamoDbStores({ tables: NAMES, client: client.asDocumentClient(), clock });
    await useAll(stores);
    await stores.close();
    expect(allowedBy(policies[0] ?? { Statement: [] })).toEqual(neededFor(client.sent));
  });

  it('allows create-tables exactly what it does', async () => {
    const created = new Set<unknown>();
    const client = new StubClient(({ name, input }) => {
      if (name === 'CreateTableCommand') created.add(input.TableName);
      if (name !== 'DescribeTableCommand') return {};
      if (!created.has(input.TableName)) throw sdkError('ResourceNotFoundException');
      return { Table: tableOf(input.TableName) };
    });
    await createTables(client.asClient(), NAMES, () => undefined);
    expect(allowedBy(policies[1] ?? { Statement: [] })).toEqual(neededFor(client.sent));
  });

  it('tells the largest message and the largest answer', () => {
    for (const bytes of [MAX_DATA_BYTES, MAX_ANSWER_BYTES]) {
      expect(text).toContain(`${bytes.toLocaleString('en-US')} bytes`);
    }
  });

  it.each(namedShapes(NAMES))('names the table $name with its keys', ({ name, shape }) => {
    expect(text).toContain(`\`${name}\``);
    expect(text).toContain(`\`${shape.partitionKey}\``);
  });
});
