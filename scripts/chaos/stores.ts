import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDynamoDbEmulatorProcess } from '../../test/support/dynamodb-emulator-process';
import { dynamoDbSettings } from '../../test/support/dynamodb-tables';
import type { Options } from './options';

/** A store that outlives the server, and the environment by which the server finds it. */
export interface LastingStore {
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function openLastingStore(kind: Options['store']): Promise<LastingStore> {
  if (kind === 'dynamodb') return openDynamoDb();
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-chaos-'));
  return { env: { DATA_DIR: dataDir }, remove: () => rm(dataDir, { recursive: true }) };
}

async function openDynamoDb(): Promise<LastingStore> {
  // The SDK warns about Node 20 in every process that uses it; this is its own switch for that one warning.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const emulator = await startDynamoDbEmulatorProcess();
  const env = dynamoDbSettings(emulator.endpoint, emulator.tables);
  return { env, remove: () => emulator.stop() };
}
