import { openStores } from '../../src/store/open-stores';
import type { StoreConfig } from '../../src/config';
import { startDynamoDbEmulatorProcess } from '../support/dynamodb-emulator-process';
import { dynamoDbSettings } from '../support/dynamodb-tables';
import { HeraldProcess } from '../support/herald-process';
import { Receiver } from '../support/receiver';
import { TemporaryDirectories } from '../support/temporary-directory';

const CLIENTS = 8;
const OFFLINE = 'http://127.0.0.1:1/offline';

interface PublishAnswer {
  readonly id: string;
}

const directories = new TemporaryDirectories();
let healthy: Receiver;

beforeEach(async () => {
  healthy = await Receiver.start();
});

afterEach(async () => {
  await healthy.close();
  await directories.removeAll();
});

/** Publishes until the server is gone; resolves with the ids of what was answered 2xx. */
async function publishUntilKilled(herald: HeraldProcess): Promise<string[]> {
  const acknowledged: string[] = [];
  try {
    for (let n = 0; ; n += 1) {
      const answer = await herald.post('/publish/t', JSON.stringify({ n }));
      expect(answer.status).toBe(202);
      acknowledged.push(((await answer.json()) as PublishAnswer).id);
    }
  } catch (error) {
    // A connection that breaks is how this client learns of the kill; anything else is a failure.
    if ((error as Error).name !== 'TypeError') throw error;
    return acknowledged;
  }
}

/** One life of the server: 8 clients publish; it is killed once a random number of pushes has arrived. */
async function liveAndDie(env: Readonly<Record<string, string>>): Promise<string[]> {
  const herald = await HeraldProcess.start(env);
  const clients = Array.from({ length: CLIENTS }, () => publishUntilKilled(herald));
  await healthy.waitFor(healthy.received.length + 1 + Math.floor(Math.random() * 100));
  await herald.kill();
  return (await Promise.all(clients)).flat();
}

async function backlogOf(config: StoreConfig, subscriber: string): Promise<Set<string>> {
  const stores = await openStores(config);
  const ids = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const page = await stores.messages.pending(subscriber, {
      ...(after !== undefined && { after }),
      limit: 1000,
      maxBytes: 1_000_000,
      now: Date.now(),
    });
    for (const message of page.messages) {
      ids.add(message.id);
      after = message.position;
    }
    if (!page.hasMore) break;
  }
  await stores.close();
  return ids;
}

async function expectNothingLost(
  env: Readonly<Record<string, string>>,
  config: StoreConfig,
  rounds: number,
): Promise<void> {
  const setup = await HeraldProcess.start(env);
  await setup.post('/subscribe/t', JSON.stringify({ url: healthy.url }));
  await setup.post('/subscribe/t', JSON.stringify({ url: OFFLINE }));
  await setup.kill();

  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round += 1) acknowledged.push(...(await liveAndDie(env)));

  const received = new Set(healthy.messages.map(({ id }) => id));
  const waiting = await backlogOf(config, OFFLINE);
  expect(acknowledged.length).toBeGreaterThan(rounds);
  expect(acknowledged.filter((id) => !received.has(id))).toEqual([]);
  expect(acknowledged.filter((id) => !waiting.has(id))).toEqual([]);
}

describe('kill -9 at a random instant while 8 clients publish', () => {
  it('loses no acknowledged message in 20 rounds on the embedded store', async () => {
    const dataDir = await directories.make();
    await expectNothingLost({ DATA_DIR: dataDir, LOG_LEVEL: 'info' }, { kind: 'embedded', dataDir }, 20);
  }, 180_000);

  it('loses no acknowledged message in 2 rounds on DynamoDB', async () => {
    const emulator = await startDynamoDbEmulatorProcess();
    try {
      const { endpoint, tables } = emulator;
      await expectNothingLost(
        {
          ...dynamoDbSettings(endpoint, tables),
          LOG_LEVEL: 'info',
        },
        { kind: 'dynamodb', endpoint, region: 'local', tables },
        2,
      );
    } finally {
      await emulator.stop();
    }
  }, 180_000);
});
