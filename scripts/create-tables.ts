import { existsSync } from 'node:fs';
import { loadConfig } from '../src/config';
import { StartupError } from '../src/errors';
import { openClient } from '../src/store/dynamodb/client';
import { LIMITS_SHAPE } from '../src/store/dynamodb/shared-limits';
import { startupError } from '../src/store/dynamodb/startup-fault';
import { createTables } from '../src/store/dynamodb/tables';

/** Here nobody waits for an answer within seconds, so the SDK's own retries do. */
const MAX_ATTEMPTS = 5;

/** Creates the DynamoDB tables that the server would use: with the same environment, and the same `.env`. */
async function main(): Promise<void> {
  // The SDK warns about Node 20 on every run; this is its own switch for that one warning.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // As start-server.sh has it: a variable of the environment wins over the file.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { store, security } = loadConfig({ ...process.env, STORE: 'dynamodb' });
  if (store.kind !== 'dynamodb') throw new Error('The configuration has no tables');
  const client = await openClient(store, MAX_ATTEMPTS);
  try {
    const { limitsTable } = security;
    const more = limitsTable === undefined ? [] : [{ name: limitsTable, shape: LIMITS_SHAPE }];
    await createTables(client, store.tables, (line) => console.log(line), more);
  } catch (error) {
    throw error instanceof StartupError
      ? error
      : startupError(store.endpoint ?? (await client.config.region()), error);
  } finally {
    client.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof StartupError ? error.message : error);
  process.exitCode = 1;
});
