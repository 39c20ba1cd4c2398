import { createTables } from '../../src/store/dynamodb/tables';
import { LIMITS_SHAPE } from '../../src/store/dynamodb/shared-limits';
import { openClient } from '../../src/store/dynamodb/client';
import { type DynamoDbEmulator, startDynamoDbEmulator } from '../support/dynamodb-emulator';
import { dynamoDbSettings, TEST_TABLES } from '../support/dynamodb-tables';
import { startTestService, subscribe, type TestService } from '../support/start-test-service';

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

  async function start(table: string): Promise<TestService> {
    const service = await startTestService({
      ...dynamoDbSettings(emulator.endpoint),
      RATE_LIMIT_PUBLISHES_PER_MINUTE: '3',
      RATE_LIMIT_TABLE_NAME: table,
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
