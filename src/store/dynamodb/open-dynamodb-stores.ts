import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, systemClock } from '../../clock';
import type { Stores } from '../stores';
import { checkTables } from './check-tables';
import { type ClientOptions, openClient } from './client';
import { DynamoDbIdempotencyStore } from './dynamodb-idempotency-store';
import { DynamoDbMessageStore } from './dynamodb-message-store';
import { DynamoDbSubscriberStore } from './dynamodb-subscriber-store';
import { DynamoDbSubscriptionStore } from './dynamodb-subscription-store';
import { type RequestPolicy, Requests } from './requests';
import { type DocumentClient, Table } from './table';
import type { TableNames } from './table-shapes';

export interface DynamoDbOptions extends ClientOptions {
  readonly tables: TableNames;
  /** In place of one made from region and endpoint. It belongs to the stores, which destroy it. */
  readonly client?: DocumentClient;
  readonly clock?: Clock;
  /** Uniform in [0, 1); spreads retries. */
  readonly random?: () => number;
  readonly policy?: RequestPolicy;
}

/** A key that no message, flag, subscription or subscriber has. */
const PING_KEY = 'ping';

/**
 * Opens the stores on DynamoDB, after making sure that the tables are there and right.
 *
 * @throws StartupError: one line that names the cause and the remedy
 */
export async function openDynamoDbStores(options: DynamoDbOptions): Promise<Stores> {
  const { tables: names, clock = systemClock, random = Math.random, policy } = options;
  const { client, place } = await connect(options);
  const requests = new Requests({ clock, random, ...(policy && { policy }) });
  try {
    await checkTables({ client, requests, names, place });
  } catch (error) {
    client.destroy();
    throw error;
  }
  const messages = new Table(names.messages, client, requests);
  const subscriptions = new Table(names.subscriptions, client, requests);
  let closing: Promise<void> | undefined;
  const subscribers = new Table(names.subscribers, client, requests);
  return {
    messages: new DynamoDbMessageStore({ table: messages, requests, clock }),
    subscriptions: new DynamoDbSubscriptionStore({ table: subscriptions, requests, clock }),
    subscribers: new DynamoDbSubscriberStore({ table: subscribers, requests, clock }),
    idempotency: new DynamoDbIdempotencyStore({ table: messages, requests }),
    ping: () => ping(messages, subscriptions, subscribers),
    close: () => (closing ??= requests.idle().then(() => client.destroy())),
  };
}

async function connect(options: DynamoDbOptions): Promise<{ client: DocumentClient; place: string }> {
  if (options.client)
    return { client: options.client, place: options.endpoint ?? options.region ?? 'the endpoint' };
  // One attempt per request: Requests retries, since the SDK's own retries know no deadline.
  const connection = await openClient(options, 1);
  const client = DynamoDBDocumentClient.from(connection);
  // The SDK's own destroy of this wrapper does nothing.
  client.destroy = () => connection.destroy();
  return { client, place: options.endpoint ?? (await connection.config.region()) };
}

/** Writes and reads: a table that can be read may still refuse writes. */
async function ping(messages: Table, subscriptions: Table, subscribers: Table): Promise<void> {
  await Promise.all([
    messages.put({ Item: { subscriber: PING_KEY, timestamp: PING_KEY } }),
    subscriptions.get({ Key: { topic: PING_KEY, subscriber: PING_KEY } }),
    subscribers.get({ Key: { subscriber: PING_KEY } }),
  ]);
}
