import {
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type TableDescription,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as pause } from 'node:timers/promises';
import { StartupError } from '../../errors';
import { describeFault, nameOf } from './faults';
import { creationOf, namedShapes, shapeFault, type TableNames, type TableShape } from './table-shapes';

/** How long a new table may take to become usable. */
const MAX_WAIT_SECONDS = 120;

/** The answers of emulators that do not have an operation. */
const NOT_OFFERED = new Set(['UnknownOperationException', 'UnknownOperation', 'NotImplemented']);

const BACKUPS_ATTEMPTS = 15;
const BACKUPS_PAUSE_MS = 2000;

/**
 * Creates the tables that do not exist, waits until they can be used, and turns on TTL and point-in-time recovery
 * where the endpoint has them. What is there already stays as it is, so it can be run again at any time.
 *
 * @param more further tables, besides those that every server has
 * @param log called with one line for each thing that was done, found or not offered
 * @throws StartupError when a table of that name exists and is not usable as Herald's; the SDK's errors otherwise
 */
export async function createTables(
  client: DynamoDBClient,
  names: TableNames,
  log: (line: string) => void,
  more: readonly { readonly name: string; readonly shape: TableShape }[] = [],
): Promise<void> {
  for (const { name, shape } of [...namedShapes(names), ...more]) {
    await ensureTable(client, name, shape, log);
    if (shape.ttlAttribute !== undefined) {
      const ttl = shape.ttlAttribute;
      await whereOffered(`${name}: TTL`, log, () => ensureTtl(client, name, ttl));
    }
    await whereOffered(`${name}: point-in-time recovery`, log, () => ensureBackups(client, name));
  }
}

async function ensureTable(
  client: DynamoDBClient,
  name: string,
  shape: TableShape,
  log: (line: string) => void,
): Promise<void> {
  const found = await describeTable(client, name);
  const fault = found && shapeFault(found, shape);
  if (typeof fault === 'string') {
    throw new StartupError(`The DynamoDB table ${name} ${fault}: choose another name, or delete that table`);
  }
  if (!found) await createTable(client, name, shape);
  await waitUntilTableExists(
    { client, maxWaitTime: MAX_WAIT_SECONDS, minDelay: 1, maxDelay: 5 },
    { TableName: name },
  );
  log(`${name}: ${found ? 'exists' : 'created, billed on demand'}`);
}

async function describeTable(client: DynamoDBClient, name: string): Promise<TableDescription | null> {
  try {
    const answer = await client.send(new DescribeTableCommand({ TableName: name }));
    return answer.Table ?? null;
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return null;
    throw error;
  }
}

async function createTable(client: DynamoDBClient, name: string, shape: TableShape): Promise<void> {
  try {
    await client.send(new CreateTableCommand(creationOf(name, shape)));
  } catch (error) {
    // Somebody else created it meanwhile, or an earlier attempt did and its answer was lost.
    if (nameOf(error) !== 'ResourceInUseException') throw error;
  }
}

async function ensureTtl(client: DynamoDBClient, name: string, attribute: string): Promise<string> {
  const { TimeToLiveDescription: found } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: name }),
  );
  const isOn = found?.TimeToLiveStatus === 'ENABLED' || found?.TimeToLiveStatus === 'ENABLING';
  if (isOn && found.AttributeName === attribute) return `is on (${attribute})`;
  if (isOn) {
    throw new StartupError(
      `The DynamoDB table ${name} expires its items by ${String(found.AttributeName)} instead of ${attribute}: ` +
        'turn that TTL off and run this again',
    );
  }
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
    }),
  );
  return `turned on (${attribute})`;
}

async function ensureBackups(client: DynamoDBClient, name: string): Promise<string> {
  const { ContinuousBackupsDescription: found } = await client.send(
    new DescribeContinuousBackupsCommand({ TableName: name }),
  );
  if (found?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED') return 'is on';
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(
        new UpdateContinuousBackupsCommand({
          TableName: name,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      );
      return 'turned on';
    } catch (error) {
      // DynamoDB is still preparing backups of a table that is new.
      const isTooEarly = nameOf(error) === 'ContinuousBackupsUnavailableException';
      if (!isTooEarly || attempt === BACKUPS_ATTEMPTS) throw error;
      await pause(BACKUPS_PAUSE_MS);
    }
  }
}

async function whereOffered(
  what: string,
  log: (line: string) => void,
  ensure: () => Promise<string>,
): Promise<void> {
  try {
    log(`${what} ${await ensure()}`);
  } catch (error) {
    if (!NOT_OFFERED.has(nameOf(error))) throw error;
    log(`${what} is not offered by this endpoint (${describeFault(error)})`);
  }
}
