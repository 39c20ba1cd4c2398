import { StartupError } from '../../src/errors';
import { type DynamoDbEmulator, startDynamoDbEmulator } from '../support/dynamodb-emulator';
import { DynamoDbProxy, type Fault } from '../support/dynamodb-proxy';
import { createTestTables, dynamoDbSettings } from '../support/dynamodb-tables';
import { startTestService } from '../support/start-test-service';

const THROTTLED: Fault = {
  status: 400,
  type: 'application/x-amz-json-1.0',
  body: '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Slow down"}',
};
const BAD_GATEWAY: Fault = {
  status: 502,
  type: 'text/html',
  body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>\r\n',
};
const MINUTE_MS = 60_000;
const TOO_EARLY = {
  status: 400,
  type: 'application/x-amz-json-1.0',
  body: '{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature not yet current: later"}',
};

describe('starting on DynamoDB', () => {
  let emulator: DynamoDbEmulator;

  beforeAll(async () => {
    emulator = await startDynamoDbEmulator();
    (await createTestTables(emulator.endpoint)).destroy();
  });

  afterAll(() => emulator.close());

  /** The text with which a start is refused while one kind of requests fails. */
  async function refusal(operation: string, fault: Fault): Promise<string> {
    const proxy = await DynamoDbProxy.start(emulator.endpoint);
    proxy.faultOf = (asked) => (asked.operation === operation ? fault : undefined);
    const error: unknown = await startTestService(dynamoDbSettings(proxy.url)).catch(
      (reason: unknown) => reason,
    );
    await proxy.close();
    expect(error).toBeInstanceOf(StartupError);
    return error instanceof StartupError ? error.message : '';
  }

  it('goes on by the time of DynamoDB where the clock here is off by 10 minutes', async () => {
    const proxy = await DynamoDbProxy.start(emulator.endpoint);
    let refused = 0;
    proxy.faultOf = ({ signedAt }) => {
      const at = Date.now() - 10 * MINUTE_MS;
      if (Math.abs(signedAt - at) < 5 * MINUTE_MS) return undefined;
      refused += 1;
      return { ...TOO_EARLY, at };
    };
    const service = await startTestService(dynamoDbSettings(proxy.url));
    await service.close();
    await proxy.close();
    expect(refused).toBeGreaterThan(0);
  });

  it('is refused with one line that names fault and remedy, whatever fails', async () => {
    const [hanging, throttled, gateway, first, skewed] = await Promise.all([
      refusal('Scan', 'hang'),
      refusal('Query', THROTTLED),
      refusal('Scan', BAD_GATEWAY),
      refusal('DescribeTable', BAD_GATEWAY),
      refusal('DescribeTable', TOO_EARLY),
    ]);
    const remedy = 'see whether it is slow, throttles these tables or lacks a permission (docs/dynamodb.md)';
    expect(hanging).toMatch(
      /^The store cannot be read: DynamoDB could not scan the table .*: no answer within/,
    );
    expect(throttled).toMatch(
      /could not query the table pub-sub-messages-test: ThrottlingException: Slow down/,
    );
    expect(gateway).toMatch(/could not scan the table/);
    for (const line of [hanging, throttled, gateway]) expect(line).toContain(remedy);
    expect(skewed).toMatch(
      /says that this machine's clock is off: set it, .*\(InvalidSignature.*Signature not yet/,
    );
    for (const line of [hanging, throttled, gateway, first, skewed])
      expect(line.trim().split('\n')).toHaveLength(1);
  });
});
