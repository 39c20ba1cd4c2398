import {
  DeleteItemCommand,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type RateLimiterAbstract, RateLimiterDynamo, RateLimiterMemory } from 'rate-limiter-flexible';
import { StartupError } from '../../errors';
import { type ClientOptions, openClient } from './client';
import { nameOf } from './faults';
import { startupError } from './startup-fault';
import type { TableShape } from './table-shapes';

/** As the library has it. */
export const LIMITS_SHAPE: TableShape = { partitionKey: 'key', localIndexes: {}, ttlAttribute: 'expire' };

export interface SharedLimitsOptions extends ClientOptions {
  readonly table: string;
}

/** Limits on callers that hold over all servers with the same table. */
export interface SharedLimits {
  /** @param duration seconds */
  readonly newLimiter: (options: {
    keyPrefix: string;
    points: number;
    duration: number;
  }) => RateLimiterAbstract;
  readonly close: () => void;
}

const MAX_ATTEMPTS = 2;

/**
 * Opens the table that callers' limits are counted in. While DynamoDB does not answer, each server counts by itself.
 *
 * @throws StartupError: one line that names the cause and the remedy
 */
export async function openSharedLimits({ table, ...options }: SharedLimitsOptions): Promise<SharedLimits> {
  const client = await openClient(options, MAX_ATTEMPTS);
  try {
    await client.send(new GetItemCommand({ TableName: table, Key: { key: { S: 'ping' } } }));
  } catch (error) {
    const place = options.endpoint ?? (await client.config.region());
    client.destroy();
    throw nameOf(error) === 'ResourceNotFoundException'
      ? new StartupError(`The DynamoDB table ${table} does not exist at ${place}: run "make create-tables"`)
      : startupError(place, error);
  }
  const storeClient = asAggregated(client);
  return {
    newLimiter: (limit) =>
      new RateLimiterDynamo({
        ...limit,
        storeClient,
        tableName: table,
        tableCreated: true,
        ttlSet: true,
        insuranceLimiter: new RateLimiterMemory(limit),
      }),
    close: () => {
      client.destroy();
    },
  };
}

/** The library calls methods, which the SDK has only on a client that loads all of its commands. */
function asAggregated(client: DynamoDBClient) {
  return {
    getItem: (input: GetItemCommandInput) =>
      client.send(new GetItemCommand({ ...input, ConsistentRead: true })),
    updateItem: (input: UpdateItemCommandInput) => client.send(new UpdateItemCommand(input)),
    deleteItem: (input: DeleteItemCommandInput) => client.send(new DeleteItemCommand(input)),
  };
}
