import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { StartupError } from '../../errors';
import { nameOf } from './faults';
import type { Requests } from './requests';
import { startupError } from './startup-fault';
import type { DocumentClient } from './table';
import { namedShapes, shapeFault, type TableNames, type TableShape } from './table-shapes';

export interface TableCheck {
  readonly client: DocumentClient;
  readonly requests: Requests;
  readonly names: TableNames;
  /** For the messages: the endpoint, or the region. */
  readonly place: string;
}

/**
 * Makes sure that every table exists, has the right keys and indexes, and can be used.
 *
 * @throws StartupError: one line that names every table at fault, or what keeps DynamoDB from answering
 */
export async function checkTables(check: TableCheck): Promise<void> {
  const tables = namedShapes(check.names);
  const faults = await Promise.all(tables.map(({ name, shape }) => tableFault(check, name, shape)));
  const found = tables.flatMap(({ name }, n) => (faults[n] ? [`${name} ${faults[n]}`] : []));
  if (found.length > 0) {
    throw new StartupError(`DynamoDB tables are not ready at ${check.place}: ${found.join('; ')}`);
  }
}

async function tableFault(check: TableCheck, name: string, shape: TableShape): Promise<string | null> {
  const command = new DescribeTableCommand({ TableName: name });
  try {
    const { Table: table } = await check.requests.run(`describe the table ${name}`, (abortSignal) =>
      check.client.send(command, { abortSignal }),
    );
    const fault = table && shapeFault(table, shape);
    if (typeof fault === 'string')
      return `${fault} (use another name, or delete it and run "make create-tables")`;
    const isUsable = table?.TableStatus === 'ACTIVE' || table?.TableStatus === 'UPDATING';
    return isUsable ? null : `is ${String(table?.TableStatus)} (wait for it with "make create-tables")`;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (nameOf(cause) === 'ResourceNotFoundException') return 'does not exist (run "make create-tables")';
    throw startupError(check.place, cause ?? error);
  }
}
