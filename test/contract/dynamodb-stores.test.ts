import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openDynamoDbStores } from '../../src/store/dynamodb/open-dynamodb-stores';
import { REQUEST_POLICY } from '../../src/store/dynamodb/requests';
import { startDynamoDbEmulator } from '../support/dynamodb-emulator';
import { createTestTables, emptyTestTables, TEST_TABLES } from '../support/dynamodb-tables';
import { describeIdempotencyStore } from './idempotency-store.contract';
import { describeMessageStore } from './message-store.contract';
import type { StoresHarness } from './stores-harness';
import { describeSubscriberStore } from './subscriber-store.contract';
import { describeSubscriptionStore } from './subscription-store.contract';

const DIFFERENCES = {
  expiresByItself: 'DynamoDB deletes expired rows by itself',
  countsByReading: 'DynamoDB counts by reading every key',
  knowsNoLateCopies: 'DynamoDB could find them only by reading every row',
  knowsNoLastPosition: 'DynamoDB could find it only by reading every row',
};

/** An emulator does one request after the other, on a busy machine slowly; deadlines are for the unit tests. */
const PATIENT = { ...REQUEST_POLICY, deadlineMs: 15_000, attemptTimeoutMs: 7_500 };

/**
 * DynamoDB reads at most 1 MB at a time. The parts of a table that are scanned at once are four, of which one has more
 * than that when all have more than 4 MB. The longest URL is there twice, of which once cut to 1 KB, and one topic's
 * subscriptions are read in one part.
 */
const SEVERAL_PAGES = {
  subscribers: { rows: 15, bytes: 300_000 },
  subscriptions: { rows: 360, urlBytes: 2048 },
};

/** Opens stores on an endpoint that goes away right after; only from then on they are impatient. */
async function openUnreachable() {
  const emulator = await startDynamoDbEmulator();
  const client = await createTestTables(emulator.endpoint);
  client.destroy();
  const policy = { ...PATIENT };
  const stores = await openDynamoDbStores({ endpoint: emulator.endpoint, tables: TEST_TABLES, policy });
  await emulator.close();
  policy.deadlineMs = 150;
  return stores;
}

function describeTarget(name: string, start: () => Promise<{ endpoint: string; close(): Promise<void> }>) {
  describe(`at ${name}`, () => {
    let target: { endpoint: string; close(): Promise<void> };
    let client: DynamoDBClient;

    beforeAll(async () => {
      target = await start();
      client = await createTestTables(target.endpoint);
      await emptyTestTables(client);
    });

    afterAll(async () => {
      client.destroy();
      await target.close();
    });

    const newHarness = (): StoresHarness => ({
      open: () => openDynamoDbStores({ endpoint: target.endpoint, tables: TEST_TABLES, policy: PATIENT }),
      openUnreachable,
      cleanUp: () => emptyTestTables(client),
      severalPages: SEVERAL_PAGES,
    });

    describeMessageStore('DynamoDB', newHarness, DIFFERENCES);
    describeSubscriptionStore('DynamoDB', newHarness);
    describeSubscriberStore('DynamoDB', newHarness);
    describeIdempotencyStore('DynamoDB', newHarness, DIFFERENCES);
  });
}

describeTarget('dynalite', () => startDynamoDbEmulator());

const endpoint = process.env.DYNAMODB_LOCAL_URL ?? '';
if (endpoint === '') {
  // One line in the report that says what was left out; see docs/dynamodb.md.
  it.todo('at DynamoDB Local: set DYNAMODB_LOCAL_URL to run the suite there');
} else {
  describeTarget(endpoint, () => Promise.resolve({ endpoint, close: () => Promise.resolve() }));
}
