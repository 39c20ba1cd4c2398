import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createTestTables, TEST_TABLES } from './dynamodb-tables';

export interface DynamoDbEmulatorProcess {
  readonly endpoint: string;
  readonly tables: typeof TEST_TABLES;
  stop(): Promise<void>;
}

/** Starts the emulator as a process of its own, so that it outlives a server that is killed, and makes the tables. */
export async function startDynamoDbEmulatorProcess(): Promise<DynamoDbEmulatorProcess> {
  const child = spawn(process.execPath, ['-r', 'ts-node/register', join(__dirname, 'dynamodb-emulator.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const printed = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const ended = closed.then(() => Promise.reject(new Error('The emulator ended before it listened')));
  const [endpoint] = await Promise.race([printed, ended]);
  // From here on its end is what `stop` waits for, and no failure.
  ended.catch(() => undefined);
  const client = await createTestTables(endpoint);
  client.destroy();
  return {
    endpoint,
    tables: TEST_TABLES,
    stop: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
