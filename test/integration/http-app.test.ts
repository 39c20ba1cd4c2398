import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { BuiltInSubscriber } from '../../src/broker/built-in-subscriber';
import { HeraldError, StoreUnavailableError } from '../../src/errors';
import { createApp } from '../../src/http/app';
import { checkAnswersOf } from '../support/answer-checks';
import { newBrokerParts } from '../support/broker-parts';
import type { captureLog } from '../support/capture-log';
import { settled } from '../support/deferred';
import { eventually } from '../support/eventually';
import {
  type FakeMessageStore,
  type FakePushClient,
  type FakeSubscriptionStore,
  UNAVAILABLE,
} from '../support/fakes';
import { connectTo } from '../support/raw-http';

const A = 'http://a/hook';
const B = 'http://b/hook';
const EVENT = 'http://localhost:8000/event';
const UNAVAILABLE_ANSWER = {
  message: 'The store cannot be reached or written; try again',
  code: 'store_unavailable',
};
const INTERNAL_ANSWER = { message: 'Something went wrong in the server', code: 'internal' };

/** Fills the buffers between the sockets, as a client does that reads nothing; resolves with how many bytes wait. */
async function stall(socket: Socket): Promise<number> {
  for (let idle = 0; idle < 20; idle++) {
    if (socket.writableLength === 0) {
      socket.write(Buffer.alloc(4096));
      idle = 0;
    }
    await settled();
  }
  return socket.writableLength;
}

describe('the HTTP application over fakes', () => {
  let messages: FakeMessageStore;
  let subscriptionStore: FakeSubscriptionStore;
  let push: FakePushClient;
  let logged: ReturnType<typeof captureLog>;
  let checkReady: () => Promise<void>;
  let server: Server;
  let url: string;
  let endChecks: () => void;

  beforeEach(async () => {
    const parts = newBrokerParts({ pushTimeoutMs: 1000 });
    ({ push, logged } = parts);
    messages = parts.disk.messages;
    subscriptionStore = parts.disk.subscriptions;
    checkReady = () => Promise.resolve();
    for (const subscriber of [A, B]) await parts.subscriptions.subscribe('orders', subscriber);
    const builtIn = new BuiltInSubscriber();
    builtIn.setUrls([EVENT]);
    server = createServer(
      createApp({
        ...parts,
        builtIn,
        verifier: null,
        limits: null,
        trustProxy: false,
        checkReady: () => checkReady(),
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    endChecks = checkAnswersOf(port, { hasFakeIds: true });
    url = `http://127.0.0.1:${port}`;
  });

  afterEach(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    endChecks();
  });

  const post = (path: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  async function expectAnswer(response: Response, status: number, answer: unknown): Promise<void> {
    const text = await response.text();
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toEqual(answer);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
  }

  describe('when the store cannot be written', () => {
    beforeEach(() => {
      messages.gate = UNAVAILABLE;
      subscriptionStore.gate = UNAVAILABLE;
      push.answer = (target) =>
        target === A
          ? { outcome: 'delivered', status: 200, durationMs: 4 }
          : { outcome: 'connection_refused', durationMs: 1 };
    });

    it('answers 503 to a publish, with what became of the message', async () => {
      await expectAnswer(await post('/publish/orders', 1), 503, {
        message:
          '1 of 2 subscribers did not receive the message, and for 1 of them it could not be stored; publish it again',
        code: 'store_unavailable',
        id: expect.stringMatching(/^msg_/) as unknown,
        topic: 'orders',
        timestamp: expect.any(String) as unknown,
        delivered: [{ url: A, status: 200, durationMs: 4 }],
        undelivered: [{ url: B, outcome: 'store_failed', stored: false }],
      });
    });

    it('answers 200 to a publish that everybody received', async () => {
      push.answer = () => ({ outcome: 'delivered', status: 200, durationMs: 4 });
      expect((await post('/publish/orders', 1)).status).toBe(200);
    });

    it('answers 503 to a subscribe and an unsubscribe, which change nothing', async () => {
      await expectAnswer(await post('/subscribe/orders', { url: 'http://c/hook' }), 503, UNAVAILABLE_ANSWER);
      await expectAnswer(await post('/unsubscribe/orders', { url: A }), 503, UNAVAILABLE_ANSWER);
      expect(await (await fetch(`${url}/subscribers/orders`)).json()).toEqual([A, B]);
    });

    it('answers 503 to a poll', async () => {
      await expectAnswer(await fetch(`${url}/event`), 503, UNAVAILABLE_ANSWER);
    });

    it('logs why', async () => {
      await post('/subscribe/orders', { url: 'http://c/hook' });
      expect(logged.lines('request.failed')).toMatchObject([
        {
          level: 50,
          method: 'POST',
          path: '/subscribe/orders',
          err: { message: expect.stringContaining('disk') },
        },
      ]);
    });
  });

  it('answers 503 when only some copies could be stored', async () => {
    push.answer = () => ({ outcome: 'timeout', durationMs: 1000 });
    messages.refused = [B];
    await expectAnswer(await post('/publish/orders', 1), 503, {
      message:
        '2 of 2 subscribers did not receive the message, and for 1 of them it could not be stored; publish it again',
      code: 'store_unavailable',
      id: expect.any(String) as unknown,
      topic: 'orders',
      timestamp: expect.any(String) as unknown,
      delivered: [],
      undelivered: [
        { url: A, outcome: 'timeout', stored: true },
        { url: B, outcome: 'store_failed', stored: false },
      ],
    });
  });

  it('answers 500 to a fault of its own, logs it, and says nothing of it', async () => {
    const fault = () => Promise.reject(new Error('secret detail'));
    push.answer = fault;
    subscriptionStore.gate = fault;
    messages.gate = fault;
    checkReady = fault;
    await expectAnswer(await post('/subscribe/orders', { url: 'http://c/hook' }), 500, INTERNAL_ANSWER);
    await expectAnswer(await fetch(`${url}/event`), 500, INTERNAL_ANSWER);
    await expectAnswer(await fetch(`${url}/readyz`), 500, INTERNAL_ANSWER);
    expect(logged.lines('request.failed')).toHaveLength(3);
    expect(logged.lines('request.failed')[0]).toMatchObject({
      code: 'internal',
      err: { message: 'secret detail' },
    });
  });

  describe('GET /readyz', () => {
    it('answers 503 when the store is gone, while GET /healthz answers 200', async () => {
      checkReady = () => Promise.reject(new StoreUnavailableError('secret'));
      await expectAnswer(await fetch(`${url}/readyz`), 503, UNAVAILABLE_ANSWER);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    });

    it('answers 503 while the server stops', async () => {
      checkReady = () => Promise.reject(new HeraldError('shutting_down', 'The server is shutting down'));
      await expectAnswer(await fetch(`${url}/readyz`), 503, {
        message: 'The server is shutting down',
        code: 'shutting_down',
      });
    });
  });

  describe('GET /event', () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => String(1000 + index));

    it('answers at most 1,000 messages at a time and says that there are more', async () => {
      for (const position of numbered(1001)) messages.add(EVENT, position);
      const poll = async () =>
        (await (await fetch(`${url}/event`)).json()) as { messages: { id: string }[]; hasMore: boolean };
      const [first, second] = [await poll(), await poll()];
      expect([first.messages.length, first.hasMore]).toEqual([1000, true]);
      expect(second).toMatchObject({ messages: [{ id: 'msg_2000' }], hasMore: false });
    });

    it('leaves nothing behind on a connection that is used again and again', async () => {
      const connected = once(server, 'connection').then(([socket]) => socket as Socket);
      const client = await connectTo(url);
      const socket = await connected;
      const poll = async () => {
        client.write('GET /event HTTP/1.1\r\nHost: a\r\n\r\n');
        let answer = '';
        while (!answer.endsWith('0\r\n\r\n')) answer += String((await once(client, 'data'))[0]);
      };
      await poll();
      const before = socket.listenerCount('close');
      for (let count = 0; count < 5; count++) await poll();
      expect(socket.listenerCount('close')).toBe(before);
      client.destroy();
    });

    it('cuts an answer that it cannot finish, and marks nothing', async () => {
      for (const position of numbered(300)) messages.add(EVENT, position, `"${'x'.repeat(1000)}"`);
      messages.gate = (operation) =>
        operation === 'pending' && messages.queries.length > 1 ? UNAVAILABLE('', '') : Promise.resolve();
      const response = await fetch(`${url}/event`);
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
      expect(messages.marks).toEqual([]);
      expect(messages.positions(EVENT)).toHaveLength(300);
      messages.gate = () => Promise.resolve();
      expect(await (await fetch(`${url}/event`)).json()).toMatchObject({
        message: '300 messages were waiting',
      });
    });

    it('answers messages again that it could not mark', async () => {
      messages.add(EVENT, '1');
      messages.gate = (operation) => (operation === 'markReceived' ? UNAVAILABLE('', '') : Promise.resolve());
      const once = (await (await fetch(`${url}/event`)).json()) as { messages: unknown[] };
      await eventually(() => expect(logged.lines('request.failed')).toHaveLength(1));
      messages.gate = () => Promise.resolve();
      const again = (await (await fetch(`${url}/event`)).json()) as { messages: unknown[] };
      expect(once.messages).toHaveLength(1);
      expect(again.messages).toEqual(once.messages);
    });

    it.each([
      ['resets the connection', (client: Socket) => void client.resetAndDestroy()],
      ['closes the connection', (client: Socket) => void client.destroy()],
      ['is cut off by the stopping server', () => server.closeAllConnections()],
    ])('marks nothing when the client %s before the end of the answer is written', async (_name, leave) => {
      messages.add(EVENT, '1');
      const connected = once(server, 'connection').then(([socket]) => socket as Socket);
      const client = await connectTo(url);
      client.on('error', () => undefined);
      const socket = await connected;
      const waiting = await stall(socket);
      client.write('GET /event HTTP/1.1\r\nHost: a\r\n\r\n');
      await eventually(() => expect(socket.writableLength).toBeGreaterThan(waiting + 200));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      leave(client);
      await closed;
      // The next poll waits until this one has ended, one way or the other.
      const next = (await (await fetch(`${url}/event`)).json()) as { messages: unknown[] };
      expect(next.messages).toHaveLength(1);
      expect(messages.marks).toHaveLength(1);
    });
  });
});
