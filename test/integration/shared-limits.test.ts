import { createTables } from '../../src/store/dynamodb/tables';
import { LIMITS_SHAPE } from '../../src/store/dynamodb/shared-limits';
import { openClient } from '../../src/store/dynamodb/client';
import { type DynamoDbEmulator, startDynamoDbEmulator } from '../support/dynamodb-emulator';
import { DynamoDbProxy } from '../support/dynamodb-proxy';
import { dynamoDbSettings, TEST_TABLES } from '../support/dynamodb-tables';
import { eventually } from '../support/eventually';
import {
  startTestService,
  subscribe,
  type TestEnvironment,
  type TestService,
} from '../support/start-test-service';

const LIMITS = 'pub-sub-limits-test';

describe('limits on callers over several servers', () => {
  let emulator: DynamoDbEmulator;
  const services: TestService[] = [];

  beforeAll(async () => {
    emulator = await startDynamoDbEmulator();
    const client = await openClient({ endpoint: emulator.endpoint }, 3);
    await createTables(client, TEST_TABLES, () => undefined, [{ name: LIMITS, shape: LIMITS_SHAPE }]);
    client.destroy();
  });

  afterEach(async () => {
    for (const service of services.splice(0)) await service.close();
  });

  afterAll(() => emulator.close());

  async function start(
    table: string,
    endpoint = emulator.endpoint,
    env: TestEnvironment = {},
  ): Promise<TestService> {
    const service = await startTestService({
      ...dynamoDbSettings(endpoint),
      RATE_LIMIT_PUBLISHES_PER_MINUTE: '3',
      RATE_LIMIT_TABLE_NAME: table,
      ...env,
    });
    services.push(service);
    return service;
  }

  it('are counted together', async () => {
    const [one, other] = [await start(LIMITS), await start(LIMITS)];
    for (const service of [one, other]) await subscribe(service, 'shared', service.eventUrl);
    const statuses: number[] = [];
    for (const service of [one, other, one, other]) {
      statuses.push((await service.post('/publish/shared', '1')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await one.post('/publish/shared', '1');
    expect([refused.status, Number(refused.headers.get('retry-after')) > 30]).toEqual([429, true]);
  });

  it('are counted by each server itself while their table hangs, and nobody waits for it', async () => {
    const proxy = await DynamoDbProxy.start(emulator.endpoint);
    const env = { RATE_LIMIT_REQUESTS_PER_SECOND: '1000', RATE_LIMIT_PUBLISHES_PER_MINUTE: '200' };
    const service = await start(LIMITS, proxy.url, env);
    await subscribe(service, 'hanging', service.eventUrl);
    let asked = 0;
    proxy.faultOf = ({ table }) => {
      if (table !== LIMITS) return undefined;
      asked += 1;
      return 'hang';
    };

    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await service.get(path)).status).toBe(200);
    expect(asked).toBe(0);

    // More than there are connections.
    const publishes = Array.from({ length: 150 }, () => service.post('/publish/hanging', '1'));
    expect(new Set((await Promise.all(publishes)).map(({ status }) => status))).toEqual(new Set([200]));
    const askedAtOnce = asked;
    for (let n = 0; n < 50; n += 1) await service.post('/publish/hanging', '1');
    expect((await service.post('/publish/hanging', '1')).status).toBe(429);
    // Once a second; so long would all of them have waited.
    expect(asked - askedAtOnce).toBeLessThan(50);
    expect(service.lines('limits.table_failed')).toEqual([expect.objectContaining({ level: 40 })]);

    proxy.faultOf = () => undefined;
    await eventually(async () => {
      await service.get('/overview');
      expect(service.lines('limits.table_answers')).toHaveLength(1);
    });
    await service.close();
    services.splice(services.indexOf(service), 1);
    await proxy.close();
  });

  it('are counted by each server itself while DynamoDB does not answer', async () => {
    const service = await start(LIMITS);
    await subscribe(service, 'alone', service.eventUrl);
    await emulator.close();
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await service.post('/publish/alone', '1')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    emulator = await startDynamoDbEmulator();
  });

  it('need their table', async () => {
    await expect(start('pub-sub-limits-missing')).rejects.toThrow(
      /table pub-sub-limits-missing does not exist at .*: run "make create-tables"/,
    );
  });
});
