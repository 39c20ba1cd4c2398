import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/clock';
import { StoreUnavailableError } from '../../src/errors';
import { openClient } from '../../src/store/dynamodb/client';
import { Requests } from '../../src/store/dynamodb/requests';
import { Table } from '../../src/store/dynamodb/table';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

type Answer = readonly [status: number, body: string];

const POLICY = { deadlineMs: 60_000, attemptTimeoutMs: 60_000, baseDelayMs: 0, maxDelayMs: 0 };
const ITEM: Answer = [200, '{"Item":{"id":{"S":"msg_1"}}}'];
const DONE: Answer = [200, '{}'];
const INVALID: Answer = [400, '{"__type":"ValidationException","message":"no such attribute"}'];
const key = { Key: { id: 'msg_1' } };

describe('answers that are none of DynamoDB, over the real client', () => {
  let server: Server;
  /** Given in this order. */
  let answers: Answer[];
  let table: Table;
  let close: () => void;

  beforeEach(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        const [status, body] = answers.shift() ?? INVALID;
        // Without a length, an answer that is cut off ends like a whole one.
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).write(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = await openClient({ endpoint, region: 'local' }, 1);
    close = () => connection.destroy();
    const requests = new Requests({ clock: systemClock, random: () => 0, policy: POLICY });
    table = new Table('messages', DynamoDBDocumentClient.from(connection), requests);
  });

  afterEach(async () => {
    close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each<Answer>([
    [200, ''],
    [200, 'null'],
    [200, '[]'],
    [200, '<html>'],
    [200, '{"Item":{"id":{"S":"msg_'],
    [429, ''],
    [429, 'slow down'],
    [502, '<html>'],
  ])('asks again after %d %j', async (...bad) => {
    answers = [bad, ITEM];
    await expect(table.get(key)).resolves.toEqual({ id: 'msg_1' });
    answers = [bad, bad, DONE];
    await expect(table.put({ Item: key.Key })).resolves.toBe('made');
    expect(answers).toEqual([]);
  });

  it('takes a change for made whose answer could not be read, when its condition fails then', async () => {
    answers = [
      [200, ''],
      [400, '{"__type":"ConditionalCheckFailedException"}'],
    ];
    await expect(table.delete(key)).resolves.toBe('unclear');
  });

  it('gives up at once where the endpoint refuses, and says in one line what came', async () => {
    answers = [[403, '<html>'], ITEM];
    const got = table.get(key);
    await expect(got).rejects.toThrow(StoreUnavailableError);
    await expect(got).rejects.toThrow(/^DynamoDB could not read the table messages: SyntaxError: .*$/);
    expect(answers).toEqual([ITEM]);
  });

  it('takes an empty object for an answer', async () => {
    answers = [DONE];
    await expect(table.get(key)).resolves.toBeNull();
  });
});
