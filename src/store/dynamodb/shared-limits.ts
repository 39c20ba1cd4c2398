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
import { type Clock, systemClock } from '../../clock';
import { StartupError } from '../../errors';
import { type ClientOptions, openClient } from './client';
import { nameOf } from './faults';
import { type LimitsListener, LimitsTable } from './limits-table';
import { REQUEST_POLICY, withTimeout } from './requests';
import { startupError } from './startup-fault';
import type { TableShape } from './table-shapes';

/** As the library has it. */
export const LIMITS_SHAPE: TableShape = { partitionKey: 'key', localIndexes: {}, ttlAttribute: 'expire' };

export interface SharedLimitsOptions extends ClientOptions {
  readonly table: string;
  readonly clock?: Clock;
}

/** Limits on callers that hold over all servers with the same table. */
export interface SharedLimits {
  /** @param duration seconds */
  readonly newLimiter: (options: {
    keyPrefix: string;
    points: number;
    duration: number;
  }) => RateLimiterAbstract;
  /** Tells when each server begins to count by itself, with the fault, and with null when they count together again. */
  readonly listen: (listener: LimitsListener) => void;
  readonly close: () => void;
}

const MAX_ATTEMPTS = 2;

/**
 * Opens the table that callers' limits are counted in. While it fails or does not answer, each server counts by itself,
 * and only the first callers wait for it, a third of a second. Its connections are its own: the stores' are not harmed.
 *
 * @throws StartupError: one line that names the cause and the remedy
 */
export async function openSharedLimits({
  table,
  clock = systemClock,
  ...options
}: SharedLimitsOptions): Promise<SharedLimits> {
  const client = await openClient(options, MAX_ATTEMPTS);
  const ping = new GetItemCommand({ TableName: table, Key: { key: { S: 'ping' } } });
  try {
    await withTimeout(clock, REQUEST_POLICY.deadlineMs, (abortSignal) => client.send(ping, { abortSignal }));
  } catch (error) {
    const place = options.endpoint ?? (await client.config.region());
    client.destroy();
    throw nameOf(error) === 'ResourceNotFoundException'
      ? new StartupError(`The DynamoDB table ${table} does not exist at ${place}: run "make create-tables"`)
      : startupError(place, error);
  }
  const limits = new LimitsTable(clock);
  const storeClient = asAggregated(client, limits);
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
    listen: (listener) => limits.listen(listener),
    close: () => {
      client.destroy();
    },
  };
}

/** The library calls methods, which the SDK has only on a client that loads all of its commands. */
function asAggregated(client: DynamoDBClient, limits: LimitsTable) {
  return {
    getItem: (input: GetItemCommandInput) =>
      limits.ask((abortSignal) =>
        client.send(new GetItemCommand({ ...input, ConsistentRead: true }), { abortSignal }),
      ),
    updateItem: (input: UpdateItemCommandInput) =>
      limits.ask((abortSignal) => client.send(new UpdateItemCommand(input), { abortSignal })),
    deleteItem: (input: DeleteItemCommandInput) =>
      limits.ask((abortSignal) => client.send(new DeleteItemCommand(input), { abortSignal })),
  };
}
