import { type Clock, systemClock } from '../../src/clock';
import { deferred } from '../support/deferred';
import { FAST } from '../support/delivery-scene';
import { type DynamoDbEmulator, startDynamoDbEmulator } from '../support/dynamodb-emulator';
import { createTestTables, dynamoDbSettings } from '../support/dynamodb-tables';
import { eventually } from '../support/eventually';
import { HeraldClient } from '../support/herald-client';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { TemporaryDirectories } from '../support/temporary-directory';

describe('what has hurt others, on DynamoDB', () => {
  const directories = new TemporaryDirectories();
  let emulator: DynamoDbEmulator;
  let receiver: Receiver;
  let services: TestService[] = [];
  let path: string;

  beforeEach(async () => {
    path = await directories.make();
    emulator = await startDynamoDbEmulator({ path });
    (await createTestTables(emulator.endpoint)).destroy();
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    for (const service of services) await service.close();
    services = [];
    await emulator.close();
    await receiver.close();
    await directories.removeAll();
  });

  async function start(clock: Clock = systemClock): Promise<HeraldClient> {
    const env = {
      ...FAST,
      ...dynamoDbSettings(emulator.endpoint),
      SHUTDOWN_TIMEOUT_MS: '2000',
      // So long a message waits, too, for its turn behind those that a store that is gone holds up.
      PUSH_TIMEOUT_MS: '2000',
    };
    const service = await startTestService(env, { clock });
    services.push(service);
    return new HeraldClient(service);
  }

  it('messages of the same instant, published at two servers, are all there', async () => {
    const now = systemClock.now();
    const frozen: Clock = { ...systemClock, now: () => now };
    const url = 'http://127.0.0.1:1/poller';
    const one = await start(frozen);
    await one.subscribe('t', url, { delivery: 'poll' });
    const other = await start(frozen);
    const published = [];
    for (let n = 0; n < 5; n += 1) {
      published.push(...(await Promise.all([one.publish('t', '1'), other.publish('t', '2')])));
    }
    const timestamps = published.map(({ answer }) => answer.timestamp);
    expect(new Set(timestamps).size).toBeLessThan(10);
    const { messages } = await (await start()).poll(url);
    expect(messages.map(({ id }) => id).sort()).toEqual(published.map(({ answer }) => answer.id).sort());
  });

  it('a success marks its own message, and none of another server at the same instant', async () => {
    const now = systemClock.now();
    const frozen: Clock = { ...systemClock, now: () => now };
    receiver.otherwise = ({ body }) => (body.includes('"refused"') ? 503 : 200);
    const one = await start(frozen);
    await one.subscribe('t', receiver.url);
    const other = await start(frozen);
    const publish = async (server: HeraldClient, data: string) => {
      const published = [];
      for (let n = 0; n < 5; n += 1) {
        published.push((await server.publish('t', data, { prefer: 'respond-async' })).answer.timestamp);
      }
      return published;
    };
    const timestamps = [...(await publish(one, '"refused"')), ...(await publish(other, '"received"'))];
    expect(new Set(timestamps).size).toBeLessThan(10);
    const reader = await start();
    await eventually(async () => {
      const { messages } = await reader.poll(receiver.url);
      expect(messages.map(({ data }) => data)).toEqual(Array<string>(5).fill('refused'));
    });
  });

  it('a store that is gone and comes back costs no acknowledged message, and no second push', async () => {
    const herald = await start();
    const held = deferred();
    await herald.subscribe('t', receiver.url, { paused: true, maxInFlight: 1 });
    const kept = [await herald.publish('t', '1'), await herald.publish('t', '2')];
    receiver.answers = [{ after: held.promise }];
    await herald.change(receiver.url, { paused: false });
    await receiver.waitFor(1);
    const { port } = new URL(emulator.endpoint);
    await emulator.close();
    held.resolve();
    const refused = await herald.publish('t', '3');
    expect(refused.status).toBe(503);
    expect(refused.answer).toMatchObject({
      code: 'store_unavailable',
      undelivered: [{ url: receiver.url, outcome: 'store_failed', stored: false }],
    });
    expect((await herald.request('GET', '/readyz')).status).toBe(503);
    emulator = await startDynamoDbEmulator({ port: Number(port), path });
    await eventually(
      async () => expect(await herald.describe(receiver.url)).toMatchObject({ pending: 0, state: 'live' }),
      { timeoutMs: 12_000 },
    );
    expect(receiver.messages.map(({ id }) => id)).toEqual(kept.map(({ answer }) => answer.id));
    expect((await herald.publish('t', '4')).status).toBe(200);
  });
});
