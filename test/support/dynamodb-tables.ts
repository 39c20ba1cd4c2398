import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { openClient } from '../../src/store/dynamodb/client';
import { namedShapes, type TableNames } from '../../src/store/dynamodb/table-shapes';
import { createTables } from '../../src/store/dynamodb/tables';

export const TEST_TABLES: TableNames = {
  messages: 'pub-sub-messages-test',
  subscriptions: 'pub-sub-subscriptions-test',
};

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
    const keys = [shape.partitionKey, shape.sortKey];
    const pages = paginateScan({ client: documents }, { TableName: name, ConsistentRead: true });
    for await (const { Items: items = [] } of pages) {
      const requests = items.map((item) => {
        const Key = Object.fromEntries(keys.map((key) => [key, item[key]]));
        return documents.send(new DeleteCommand({ TableName: name, Key }));
      });
      await Promise.all(requests);
    }
  }
}
