import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { herald } from '../support/cli-run';
import { type DynamoDbEmulator, startDynamoDbEmulator } from '../support/dynamodb-emulator';
import { createTestTables, dynamoDbSettings, TEST_TABLES } from '../support/dynamodb-tables';
import { refusingUrl } from '../support/misbehaving';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { TemporaryDirectories } from '../support/temporary-directory';

interface Diagnosis {
  readonly code: number | null;
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly message: string }[];
}

describe('herald doctor', () => {
  const directories = new TemporaryDirectories();
  const services: TestService[] = [];
  let dataDir: string;
  let freePort: string;

  beforeEach(async () => {
    dataDir = await directories.make();
    freePort = new URL(await refusingUrl()).port;
  });

  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close()));
    await directories.removeAll();
  });

  async function start(): Promise<TestService> {
    const service = await startTestService({ DATA_DIR: dataDir });
    services.push(service);
    return service;
  }

  async function doctor(env: Readonly<Record<string, string>> = {}): Promise<Diagnosis> {
    const settings = { DATA_DIR: dataDir, PORT: '0', ...env };
    const { code, stdout, stderr } = await herald(['doctor', '--json'], { env: settings, cwd: dataDir });
    expect(stderr).toBe('');
    return { code, ...(JSON.parse(stdout) as Omit<Diagnosis, 'code'>) };
  }

  const found = ({ checks }: Diagnosis, name: string) => checks.filter(({ check }) => check === name);

  it('finds nothing wrong before the first start, and makes nothing', async () => {
    const missing = join(dataDir, 'new', 'data');
    const diagnosis = await doctor({ DATA_DIR: missing });
    expect(diagnosis).toMatchObject({ code: 0, ok: true });
    expect(diagnosis.checks.map(({ check, state }) => [check, state])).toEqual([
      ['node', 'ok'],
      ['configuration', 'ok'],
      ['store', 'ok'],
      ['port', 'ok'],
      ['address', 'ok'],
      ['clock', 'unknown'],
    ]);
    expect(existsSync(join(dataDir, 'new'))).toBe(false);
    await doctor();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('finds nothing wrong beside a running server, and after it', async () => {
    const service = await start();
    const { port } = new URL(service.url);
    const beside = await doctor({ PORT: port, PUBLIC_URL: service.url });
    expect(beside).toMatchObject({ code: 0, ok: true });
    expect(found(beside, 'store')[0]?.message).toContain('as it should be while a Herald answers');
    expect(found(beside, 'port')[0]?.message).toContain('a Herald answers on 127.0.0.1');
    expect(found(beside, 'address')[0]).toMatchObject({
      state: 'ok',
      message: expect.stringMatching(/leads to/),
    });
    expect(found(beside, 'clock')).toMatchObject([{ state: 'ok' }]);
    await service.stop();
    const after = await doctor();
    expect(after.code).toBe(0);
    expect(found(after, 'store')[0]?.message).toContain('can be written and is not damaged');
  });

  it('says what to do about each fault of the configuration', async () => {
    const diagnosis = await doctor({ PORT: 'x', PUSH_TIMEOUT_MS: '0', PUBLIC_URL: 'nowhere' });
    expect(diagnosis).toMatchObject({ code: 1, ok: false });
    expect(found(diagnosis, 'configuration').map(({ message }) => message)).toEqual([
      'PORT: must be a whole number from 0 to 65535',
      'PUBLIC_URL: must be an absolute http or https URL',
      'PUSH_TIMEOUT_MS: must be a whole number from 1 to 600000',
    ]);
    expect(found(diagnosis, 'store')).toMatchObject([{ state: 'unknown' }]);
    const open = await doctor({ HOST: '0.0.0.0' });
    expect(found(open, 'configuration')).toMatchObject([
      { state: 'fault', message: expect.stringContaining('set AUTH=jwt') },
    ]);
    const keys = await doctor({ AUTH: 'jwt', JWKS_FILE: join(dataDir, 'none.json') });
    expect(found(keys, 'configuration')).toMatchObject([
      { state: 'fault', message: expect.stringContaining('set it to a readable file') },
    ]);
  });

  it('finds a file that is damaged, and one of another program', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'herald.db');
    const sound = await readFile(file);
    // Behind the header and the schema: a start would not meet it at once.
    await writeFile(file, Buffer.concat([sound.subarray(0, 8192), Buffer.alloc(sound.length - 8192, 0x5a)]));
    const damaged = await doctor();
    expect(damaged.code).toBe(1);
    expect(found(damaged, 'store')).toMatchObject([
      { state: 'fault', message: expect.stringMatching(/is damaged .*restore it from a backup/) },
    ]);
    await writeFile(file, 'this is no database, and longer than its header of 100 bytes. '.repeat(50));
    expect(found(await doctor(), 'store')).toMatchObject([{ state: 'fault' }]);
  });

  it('finds a data directory that cannot be written', async () => {
    await writeFile(join(dataDir, 'file'), '');
    expect(found(await doctor({ DATA_DIR: join(dataDir, 'file', 'data') }), 'store')).toMatchObject([
      { state: 'fault', message: expect.stringContaining('choose another directory') },
    ]);
  });

  it('finds another program on the port, and an address that does not lead to the server', async () => {
    const stranger = await Receiver.start({ otherwise: { body: 'hello' } });
    const taken = await doctor({ PORT: String(stranger.port) });
    expect(taken.code).toBe(1);
    expect(found(taken, 'port')).toMatchObject([
      { state: 'fault', message: expect.stringMatching(/already in use; stop .* or set PORT/) },
    ]);
    const service = await start();
    const { port } = new URL(service.url);
    expect(found(await doctor({ PORT: port, PUBLIC_URL: stranger.urlOf('') }), 'address')).toMatchObject([
      { state: 'fault', message: expect.stringContaining('set PUBLIC_URL') },
    ]);
    const nowhere = `http://127.0.0.1:${freePort}`;
    expect(found(await doctor({ PORT: port, PUBLIC_URL: nowhere }), 'address')).toMatchObject([
      {
        state: 'fault',
        message: expect.stringMatching(/cannot be reached .*ECONNREFUSED.*: set PUBLIC_URL/),
      },
    ]);
    expect(found(await doctor({ PUBLIC_URL: nowhere }), 'address')).toMatchObject([{ state: 'unknown' }]);
    await stranger.close();
  });

  it('prints a line for each check, and reads a file of settings', async () => {
    await writeFile(join(dataDir, 'own.env'), `DATA_DIR=${dataDir}\nPORT=70000\n`);
    const { code, stdout } = await herald(['doctor', '--settings', 'own.env'], { cwd: dataDir });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✓ node {11}Node\.js \d/);
    expect(stdout).toContain('\n✗ configuration  PORT: must be a whole number from 0 to 65535\n- store ');
  });

  it('reads .env where it is called, unless the environment says otherwise', async () => {
    await writeFile(join(dataDir, '.env'), `PORT=70000\nPUSH_TIMEOUT_MS=0\n`);
    const { checks } = await doctor();
    expect(checks.filter(({ state }) => state === 'fault').map(({ message }) => message)).toEqual([
      'PUSH_TIMEOUT_MS: must be a whole number from 1 to 600000',
    ]);
    expect(process.env.PUSH_TIMEOUT_MS).toBeUndefined();
  });

  describe('on DynamoDB', () => {
    let emulator: DynamoDbEmulator;

    beforeEach(async () => {
      emulator = await startDynamoDbEmulator();
    });

    afterEach(() => emulator.close());

    const settings = (): Readonly<Record<string, string>> => ({
      ...dynamoDbSettings(emulator.endpoint),
    });

    it('finds tables that are missing, and nothing once they are made', async () => {
      const without = await doctor(settings());
      expect(without.code).toBe(1);
      expect(found(without, 'store')).toMatchObject([
        { state: 'fault', message: expect.stringMatching(/does not exist \(run "make create-tables"\)/) },
      ]);
      (await createTestTables(emulator.endpoint)).destroy();
      const made = await doctor(settings());
      expect(made).toMatchObject({ code: 0, ok: true });
      expect(found(made, 'store')[0]?.message).toContain(
        `${TEST_TABLES.messages}, ${TEST_TABLES.subscriptions}`,
      );
    });
  });
});
