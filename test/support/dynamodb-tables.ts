import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { forEachBounded } from '../../src/store/dynamodb/bounded';
import { openClient } from '../../src/store/dynamodb/client';
import { keysOfTable, namedShapes, type TableNames } from '../../src/store/dynamodb/table-shapes';
import { createTables } from '../../src/store/dynamodb/tables';

export const TEST_TABLES: TableNames = {
  messages: 'pub-sub-messages-test',
  subscriptions: 'pub-sub-subscriptions-test',
  subscribers: 'pub-sub-subscribers-test',
};

/** The settings by which a server finds tables at an endpoint on this machine. */
export function dynamoDbSettings(endpoint: string, tables: TableNames = TEST_TABLES) {
  return {
    STORE: 'dynamodb',
    DYNAMODB_ENDPOINT: endpoint,
    AWS_REGION: 'local',
    MESSAGE_TABLE_NAME: tables.messages,
    SUBSCRIPTION_TABLE_NAME: tables.subscriptions,
    SUBSCRIBER_TABLE_NAME: tables.subscribers,
  } as const;
}

/** An emulator does one after the other, and the SDK gives a request up that waits for a connection for a second. */
const MAX_CONCURRENT_DELETES = 16;

/** Creates the test tables at the endpoint and hands over a client; the caller destroys it. */
export async function createTestTables(endpoint: string): Promise<DynamoDBClient> {
  const client = await openClient({ endpoint }, 3);
  await createTables(client, TEST_TABLES, () => undefined);
  return client;
}

/** Deletes every row of the test tables; faster and cheaper than making the tables anew. */
export async function emptyTestTables(client: DynamoDBClient): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client);
  for (const { name, shape } of namedShapes(TEST_TABLES)) {
    const keys = keysOfTable(shape).map(String);
    const pages = paginateScan({ client: documents }, { TableName: name, ConsistentRead: true });
    for await (const { Items: items = [] } of pages) {
      await forEachBounded(items, MAX_CONCURRENT_DELETES, async (item) => {
        const Key = Object.fromEntries(keys.map((key) => [key, item[key]]));
        await documents.send(new DeleteCommand({ TableName: name, Key }));
      });
    }
  }
}
