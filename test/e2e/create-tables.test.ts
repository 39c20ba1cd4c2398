import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDynamoDbEmulator, type DynamoDbEmulator } from '../support/dynamodb-emulator';
import { TemporaryDirectories } from '../support/temporary-directory';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);
const directories = new TemporaryDirectories();
let emulator: DynamoDbEmulator;

beforeAll(async () => {
  emulator = await startDynamoDbEmulator();
});

afterAll(async () => {
  await emulator.close();
  await directories.removeAll();
});

/** Runs the script in a directory with this `.env`, and resolves with the names of the tables that it speaks of. */
async function tablesMade(dotEnv: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const cwd = await directories.make();
  writeFileSync(join(cwd, '.env'), dotEnv);
  const { stdout } = await run(
    process.execPath,
    [
      '-r',
      join(ROOT, 'node_modules/ts-node/register/transpile-only'),
      join(ROOT, 'scripts/create-tables.ts'),
    ],
    { cwd, env: { PATH: process.env.PATH, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json'), ...env } },
  );
  return [...stdout.matchAll(/^(\S+): created/gm)].map(([, name]) => String(name));
}

describe('create-tables', () => {
  it('makes the tables that .env names, where .env says, and lets the environment win', async () => {
    const dotEnv = [
      `DYNAMODB_ENDPOINT=${emulator.endpoint}`,
      'MESSAGE_TABLE_NAME=messages-of-file',
      'SUBSCRIPTION_TABLE_NAME=subscriptions-of-file',
    ].join('\n');
    const made = await tablesMade(dotEnv, { MESSAGE_TABLE_NAME: 'messages-of-environment' });
    expect(made).toEqual(expect.arrayContaining(['messages-of-environment', 'subscriptions-of-file']));
    expect(made).not.toContain('messages-of-file');
  });
});
