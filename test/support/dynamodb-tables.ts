import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  paginateScan,
} from '@aws-sdk/lib-dynamodb';
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

/** As many as one request may name; every request costs the SDK and an emulator milliseconds. */
const DELETES_PER_REQUEST = 25;

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
    const query = {
      TableName: name,
      ConsistentRead: true,
      ProjectionExpression: keys.map((_, n) => `#${n}`).join(),
      ExpressionAttributeNames: Object.fromEntries(keys.map((key, n) => [`#${n}`, key])),
    };
    for await (const { Items: rows = [] } of paginateScan({ client: documents }, query)) {
      for (let n = 0; n < rows.length; n += DELETES_PER_REQUEST) {
        const requests = rows.slice(n, n + DELETES_PER_REQUEST).map((Key) => ({ DeleteRequest: { Key } }));
        await deleteAll(documents, name, requests);
      }
    }
  }
}

type WriteRequests = NonNullable<BatchWriteCommandInput['RequestItems']>[string];

async function deleteAll(
  documents: DynamoDBDocumentClient,
  table: string,
  requests: WriteRequests,
): Promise<void> {
  // What a batch leaves over is to be asked for again.
  for (let left = requests; left.length > 0;) {
    const { UnprocessedItems = {} } = await documents.send(
      new BatchWriteCommand({ RequestItems: { [table]: left } }),
    );
    left = UnprocessedItems[table] ?? [];
  }
}
