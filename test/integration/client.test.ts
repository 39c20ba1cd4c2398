import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeraldClient, HeraldRequestError, JsonText, parseMessage, verifyWebhook } from '../../src/client';
import type { BatchAnswer, PolledMessage } from '../../src/client';
import { AWKWARD_JSON_TEXTS } from '../support/json-texts';
import { Receiver } from '../support/receiver';
import { startTestService } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const POLLED = 'http://localhost/polled';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function textsOf(messages: readonly PolledMessage[]): string[] {
  return messages.map(({ text }) => text);
}

describe('the client', () => {
  let service: TestService;
  let client: HeraldClient;

  beforeEach(async () => {
    service = await startTestService();
    client = new HeraldClient({ url: `${service.url}/` });
  });

  afterEach(() => service.close());

  it('subscribes, lists, describes, changes, and ends a subscription', async () => {
    const first = await client.subscribe('orders', 'http://LOCALHOST/polled', { delivery: 'poll' });
    expect(first).toMatchObject({ isNew: true, topic: 'orders', url: POLLED });
    expect(first.secret).toMatch(/^whsec_/);
    expect(first.token).toMatch(/^hrld_/);
    expect(await client.subscribe('orders', POLLED)).toMatchObject({ isNew: false });
    expect(await client.subscribers('orders')).toEqual([POLLED]);
    expect(await client.overview()).toMatchObject({
      topics: [{ topic: 'orders', subscribers: [POLLED] }],
      subscribers: [{ url: POLLED, state: 'poll', oldestPendingAt: null }],
      hasMore: false,
    });
    expect(await client.subscriber(POLLED)).toMatchObject({ state: 'poll', topics: ['orders'], pending: 0 });
    expect((await client.changeSettings(POLLED, { paused: true })).settings).toMatchObject({ paused: true });
    expect(await client.rotateSecret(POLLED)).not.toBe(first.secret);
    await client.unsubscribe('orders', POLLED);
    await expect(client.subscribers('orders')).rejects.toMatchObject({
      status: 404,
      code: 'topic_not_found',
    });
  });

  it('publishes, and says what became of the message', async () => {
    const receiver = await Receiver.start({ answers: [200, 500] });
    const { secret } = await client.subscribe('orders', receiver.url, { redelivery: false });
    const published = await client.publish('orders', { total: 1 });
    expect(published).toMatchObject({ status: 200, isReplay: false, undelivered: [] });
    expect(published.delivered).toMatchObject([{ url: receiver.url, status: 200 }]);
    const failed = await client.publish('orders', new JsonText('1.0'));
    expect(failed).toMatchObject({ status: 202, undelivered: [{ outcome: 'http_status', stored: true }] });
    const [push] = receiver.received;
    const body = String(push?.body);
    expect(verifyWebhook(push?.headers ?? {}, body, String(secret))).toMatchObject({ id: published.id });
    expect(parseMessage(body)).toMatchObject({ id: published.id, data: { total: 1 }, text: '{"total":1}' });
    await receiver.close();
  });

  it('publishes once under one idempotency key, and as preferred', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    const options = { idempotencyKey: 'key-1', prefer: 'respond-async' } as const;
    const { id } = await client.publish('orders', 1, options);
    expect(await client.publish('orders', 1, options)).toMatchObject({ id, isReplay: true });
    await expect(client.publish('orders', 2, options)).rejects.toMatchObject({
      status: 409,
      code: 'idempotency_key_reused',
    });
    expect((await client.page(POLLED)).messages).toHaveLength(1);
  });

  it('publishes many in several requests, and yields the answers in order', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    const numbers = Array.from({ length: 1003 }, (_, number) => number);
    const answers = await collect(client.publishMany('orders', numbers, { idempotencyKey: 'batch' }));
    expect(answers).toHaveLength(1003);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    const ids = answers.map((answer: BatchAnswer) => answer.id);
    expect(await collect(client.publishMany('orders', numbers, { idempotencyKey: 'batch' }))).toMatchObject(
      ids.map((id) => ({ id })),
    );
    const polled = await collect(client.poll(POLLED, { follow: false, limit: 500 }));
    expect(polled.map(({ id }) => id)).toEqual(ids);
  });

  it('gives messages byte for byte, and acks those that were handled', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    for (const text of AWKWARD_JSON_TEXTS) await client.publish('orders', new JsonText(text));
    const trimmed = AWKWARD_JSON_TEXTS.map((text) => text.trim());
    const polled = await collect(client.poll(POLLED, { follow: false, limit: 3 }));
    expect(textsOf(polled)).toEqual(trimmed);
    expect(polled.map(({ data }) => data)).toEqual(trimmed.map((text) => JSON.parse(text) as unknown));
    await polled[1]?.ack();
    await polled[1]?.ack();
    const rest = trimmed.filter((_, number) => number !== 1);
    for await (const { text } of client.poll(POLLED, { follow: false, ack: true }))
      if (text === rest[4]) break;
    const left = await client.page(POLLED);
    expect(left.messages.map(({ text }) => text)).toEqual(rest.slice(4));
    expect(await client.ack(POLLED, { upTo: String(left.cursor) })).toEqual({
      acked: rest.length - 4,
      unknown: [],
    });
    expect(await client.purge(POLLED)).toBe(0);
  });

  it('waits for messages, and ends when it is told to', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    const leave = new AbortController();
    const polling = client.poll(POLLED, { signal: leave.signal });
    const next = polling.next();
    await client.publish('orders', 'late');
    expect((await next).value).toMatchObject({ data: 'late' });
    const waiting = polling.next();
    leave.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('names the fields at fault', async () => {
    const refused = await client
      .changeSettings(POLLED, JSON.parse('{"maxInFlight": 0}') as object)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(HeraldRequestError);
    expect(refused).toMatchObject({ status: 400, code: 'invalid_body', errors: [{ path: 'maxInFlight' }] });
  });

  it('says when there is no server, and when it is another one', async () => {
    const { port } = new URL(service.url);
    await service.stop();
    const gone = await client.subscribers('orders').catch((error: unknown) => error);
    expect(gone).toMatchObject({ status: 0, code: 'unreachable', isTransient: true });
    expect(String(gone)).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
    const other = await Receiver.start({ otherwise: { status: 200, body: '<html>' } });
    const stranger = new HeraldClient({ url: other.urlOf('') });
    await expect(stranger.subscribers('orders')).rejects.toMatchObject({ code: 'unexpected_answer' });
    await other.close();
    expect(() => new HeraldClient({ url: 'localhost:8000' })).toThrow(TypeError);
  });

  it('goes on polling once the server is back', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    await client.publish('orders', 1);
    await service.stop();
    const failures: string[] = [];
    let revived: Promise<TestService> | undefined;
    const onRetry = ({ code }: HeraldRequestError) => {
      failures.push(code);
      const PORT = new URL(service.url).port;
      revived ??= startTestService({ DATA_DIR: service.dataDir, PORT });
    };
    const polled = await collect(client.poll(POLLED, { follow: false, firstRetryMs: 5, onRetry }));
    expect(polled).toMatchObject([{ data: 1 }]);
    expect(failures[0]).toBe('unreachable');
    await (await revived)?.stop();
  });

  it('does not retry what the server refuses, nor what is not to be retried', async () => {
    await expect(client.poll('nonsense').next()).rejects.toMatchObject({ code: 'invalid_url' });
    await service.stop();
    await expect(client.poll(POLLED, { retry: false }).next()).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('the tail of the client', () => {
  it('takes up a stream that broke behind the last event, and ends when it is told to', async () => {
    const seen: (string | undefined)[] = [];
    const streams = [
      ': keep-alive\n\nid: e-1\nevent: event.toggled\ndata: {"accepting":false,\ndata: "at":"t"}\n\nid: e-2\nevent: ev',
      'event: stats\r\ndata: {"inFlight":1}\r\n\r\n',
    ];
    const server = createServer((req, res) => {
      seen.push(req.headers['last-event-id'] as string | undefined, req.url, req.headers.authorization);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = streams.shift();
      if (text === undefined) res.flushHeaders();
      else res.end(text);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new HeraldClient({ url: `http://127.0.0.1:${port}`, token: 'secret' });
    const leave = new AbortController();
    const onConnected = () => {
      if (seen.length === 9) leave.abort(new Error('enough'));
    };
    const tail = client.tail({ topic: 'a*', firstRetryMs: 1, signal: leave.signal, onConnected });
    expect((await tail.next()).value).toEqual({
      name: 'event.toggled',
      id: 'e-1',
      data: { accepting: false, at: 't' },
    });
    expect((await tail.next()).value).toEqual({ name: 'stats', id: null, data: { inFlight: 1 } });
    await expect(tail.next()).rejects.toThrow('enough');
    const request = ['/tail?topic=a*', 'Bearer secret'];
    expect(seen).toEqual([undefined, ...request, 'e-1', ...request, 'e-1', ...request]);
    server.closeAllConnections();
    server.close();
  });
});
