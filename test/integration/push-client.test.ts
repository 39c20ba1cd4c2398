import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import axios from 'axios';
import { systemClock } from '../../src/clock';
import {
  AxiosPushClient,
  type AxiosPushClientOptions,
  type SignPush,
} from '../../src/delivery/axios-push-client';
import { buildEnvelope } from '../../src/delivery/envelope';
import { eventually } from '../support/eventually';
import { ManualClock } from '../support/manual-clock';
import { SELF_SIGNED, startMisbehaving, startSelfSigned } from '../support/misbehaving';
import { Receiver, type Answer } from '../support/receiver';

const ENVELOPE = buildEnvelope({
  id: 'msg_0198f0a1b2c37d4e8f90a1b2c3d4e5f6',
  topic: 'orders',
  timestamp: '2026-08-04T12:00:00.123456+00:00',
  data: '{"total": 1.0, "name": "é😀"}',
});

describe('AxiosPushClient', () => {
  const clients: AxiosPushClient[] = [];
  let receiver: Receiver;

  function newClient(options: Partial<AxiosPushClientOptions> = {}): AxiosPushClient {
    const client = new AxiosPushClient({ clock: systemClock, version: '1.2.3', ...options });
    clients.push(client);
    return client;
  }

  const push = (client: AxiosPushClient, path = '/hook', timeoutMs = 5000) =>
    client.push(receiver.urlOf(path), ENVELOPE, timeoutMs);

  /** Answers only when told to. */
  function heldAnswer(): { answer: Answer; release: () => void } {
    let release = (): void => undefined;
    const after = new Promise<void>((resolve) => (release = resolve));
    return { answer: { after }, release };
  }

  beforeEach(async () => {
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await receiver.close();
  });

  describe('what is sent', () => {
    it('is the envelope, byte for byte, to the path and query of the URL', async () => {
      await push(newClient(), '/a/b%20c?x=1&y=%2F');
      expect(receiver.received).toMatchObject([
        { method: 'POST', path: '/a/b%20c?x=1&y=%2F', body: ENVELOPE.body },
      ]);
    });

    it('has the documented headers, and no others', async () => {
      await push(newClient({ clock: new ManualClock(1_614_265_330_999) }));
      expect(receiver.received[0]?.headers).toStrictEqual({
        host: `127.0.0.1:${receiver.port}`,
        connection: 'keep-alive',
        'content-type': 'application/json',
        'content-length': String(ENVELOPE.body.length),
        'user-agent': 'Herald/1.2.3',
        'webhook-id': ENVELOPE.messageId,
        'webhook-timestamp': '1614265330',
        'herald-hops': '7',
      });
    });

    it('is signed for the subscriber and the attempt, where it is to be signed', async () => {
      const sign = jest.fn<string | null, Parameters<SignPush>>((url) =>
        url.endsWith('/hook') ? 'v1,abc v1,def' : null,
      );
      const client = newClient({ clock: new ManualClock(1_614_265_330_999), sign });
      await push(client);
      await push(client, '/other');
      expect(sign.mock.calls).toStrictEqual([
        [receiver.url, ENVELOPE.messageId, 1_614_265_330, ENVELOPE.body],
        [receiver.urlOf('/other'), ENVELOPE.messageId, 1_614_265_330, ENVELOPE.body],
      ]);
      expect(receiver.received.map(({ headers }) => headers['webhook-signature'])).toStrictEqual([
        'v1,abc v1,def',
        undefined,
      ]);
    });

    it('has the same webhook-id and a webhook-timestamp of its own on every attempt', async () => {
      const clock = new ManualClock(1_614_265_330_000);
      const client = newClient({ clock });
      await push(client);
      clock.advance(61_000);
      await push(client);
      expect(
        receiver.received.map(({ headers }) => [headers['webhook-id'], headers['webhook-timestamp']]),
      ).toStrictEqual([
        [ENVELOPE.messageId, '1614265330'],
        [ENVELOPE.messageId, '1614265391'],
      ]);
    });

    it('carries no cookies of earlier answers', async () => {
      receiver.otherwise = { headers: { 'set-cookie': 'session=1' } };
      const client = newClient();
      await push(client);
      await push(client);
      expect(receiver.received[1]?.headers).not.toHaveProperty('cookie');
    });

    it('does not go through a proxy of the environment', async () => {
      const proxy = await Receiver.start();
      const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'all_proxy', 'ALL_PROXY'];
      const before = names.map((name) => [name, process.env[name]] as const);
      for (const name of names) process.env[name] = proxy.urlOf('');
      try {
        await expect(push(newClient())).resolves.toMatchObject({ outcome: 'delivered' });
      } finally {
        for (const [name, value] of before) {
          if (value === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = value;
        }
        await proxy.close();
      }
      expect([receiver.received.length, proxy.received.length]).toStrictEqual([1, 0]);
    });
  });

  describe('what is answered', () => {
    it('is not inflated: a small compressed body of many megabytes is read as it came', async () => {
      const body = gzipSync(Buffer.alloc(16 * 1024 * 1024));
      receiver.otherwise = { headers: { 'content-encoding': 'gzip' }, body };
      const client = newClient({ maxResponseBytes: body.length });
      await push(client);
      await push(client);
      // Read to the end and within the limit, since the connection was used again.
      expect(receiver.connections).toBe(1);
    });

    it('is read up to the limit: one byte more, and the connection is closed', async () => {
      const client = newClient({ maxResponseBytes: 10 });
      receiver.answers = [{ body: 'a'.repeat(10) }, { body: 'a'.repeat(11) }, 200];
      for (let i = 0; i < 3; i++) await expect(push(client)).resolves.toMatchObject({ outcome: 'delivered' });
      expect(receiver.received.map(({ connection }) => connection)).toStrictEqual([1, 1, 2]);
    });

    it('is read less far after one that was too long, until one is read to its end', async () => {
      const client = newClient({ maxResponseBytes: 10 });
      receiver.answers = [11, 6, 2, 10].map((length) => ({ body: 'a'.repeat(length) }));
      for (let i = 0; i < 5; i++) await expect(push(client)).resolves.toMatchObject({ outcome: 'delivered' });
      expect(receiver.received.map(({ connection }) => connection)).toStrictEqual([1, 2, 3, 3, 3]);
    });
  });

  describe('connections', () => {
    it('are kept and used again', async () => {
      const client = newClient();
      for (let i = 0; i < 5; i++) await push(client, `/${i}`);
      expect(receiver.connections).toBe(1);
    });

    it('are opened anew when the server does not keep them', async () => {
      receiver.otherwise = { headers: { connection: 'close' } };
      const client = newClient();
      for (let i = 0; i < 3; i++) await expect(push(client)).resolves.toMatchObject({ outcome: 'delivered' });
      expect(receiver.connections).toBe(3);
    });

    it('are bounded per origin, and who waits is served in turn', async () => {
      const client = newClient({ connectionsPerOrigin: 8 });
      const results = await Promise.all(
        Array.from({ length: 1000 }, (_, i) => push(client, `/${i}`, 30_000)),
      );
      expect(new Set(results.map(({ outcome }) => outcome))).toStrictEqual(new Set(['delivered']));
      expect(new Set(receiver.received.map(({ path }) => path)).size).toBe(1000);
      expect(receiver.connections).toBe(8);
    });

    it('are bounded per origin also where each dies on its second request', async () => {
      const client = newClient({ connectionsPerOrigin: 4 });
      receiver.otherwise = ({ connection }) => {
        mostOpen = Math.max(mostOpen, receiver.openConnections);
        const isReused = receiver.received.filter((one) => one.connection === connection).length > 1;
        return isReused ? { cut: true } : 200;
      };
      let mostOpen = 0;
      const results = await Promise.all(Array.from({ length: 100 }, (_, i) => push(client, `/${i}`, 30_000)));
      expect(new Set(results.map(({ outcome }) => outcome))).toStrictEqual(new Set(['delivered']));
      expect(mostOpen).toBeLessThanOrEqual(8);
    });

    it('are kept unused only up to a limit, over all origins', async () => {
      const client = newClient({ maxIdleConnections: 3 });
      const others = await Promise.all(Array.from({ length: 5 }, () => Receiver.start()));
      await Promise.all(others.map(({ url }) => client.push(url, ENVELOPE, 5000)));
      await eventually(() =>
        expect(others.filter(({ openConnections }) => openConnections > 0)).toHaveLength(3),
      );
      await Promise.all(others.map((other) => other.close()));
    });

    it('that the other side closed meanwhile are replaced unnoticed', async () => {
      const client = newClient();
      await push(client);
      receiver.dropConnections();
      await expect(push(client)).resolves.toMatchObject({ outcome: 'delivered' });
      expect(receiver.received).toHaveLength(2);
    });

    it('that die on the next request before any byte of an answer are replaced once', async () => {
      const client = newClient();
      receiver.answers = [200, { cut: true }, 200];
      await push(client);
      await expect(push(client)).resolves.toMatchObject({ outcome: 'delivered' });
      expect(receiver.received.map(({ connection }) => connection)).toStrictEqual([1, 1, 2]);
      expect(receiver.received[2]?.headers['webhook-id']).toBe(ENVELOPE.messageId);
    });

    it('that bring an answer before the request is written are replaced, and that answer is not taken for its', async () => {
      const client = newClient();
      receiver.answers = [200, 503];
      await push(client);
      // What is asked for in one turn of the event loop is read in the next, and what is pushed is written after that.
      await nextTurn();
      receiver.sendUnasked('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      await expect(push(client)).resolves.toMatchObject({ outcome: 'http_status', status: 503 });
      expect(receiver.received.map(({ connection }) => connection)).toStrictEqual([1, 2]);
    });

    it('are not replaced a second time', async () => {
      const client = newClient();
      receiver.answers = [200, { cut: true }, { cut: true }];
      await push(client);
      await expect(push(client)).resolves.toMatchObject({ outcome: 'connection_reset' });
      expect(receiver.received).toHaveLength(3);
    });

    it('are not replaced for what must not arrive twice', async () => {
      const client = newClient();
      receiver.answers = [200, { cut: true }];
      await push(client);
      await expect(client.push(receiver.url, ENVELOPE, 5000, { isSentOnce: true })).resolves.toMatchObject({
        outcome: 'connection_reset',
      });
      expect(receiver.received).toHaveLength(2);
    });

    it('are not replaced when a fresh one dies', async () => {
      receiver.otherwise = { cut: true };
      await expect(push(newClient())).resolves.toMatchObject({ outcome: 'connection_reset' });
      expect(receiver.received).toHaveLength(1);
    });

    it('are closed when they are not used for long', async () => {
      await push(newClient({ idleTimeoutMs: 50 }));
      await eventually(() => expect(receiver.openConnections).toBe(0));
    });

    it('are not closed for want of use while an answer takes long', async () => {
      const { answer, release } = heldAnswer();
      receiver.answers = [answer];
      const pushed = push(newClient({ idleTimeoutMs: 20 }));
      await receiver.waitFor(1);
      await sleep(60);
      release();
      await expect(pushed).resolves.toMatchObject({ outcome: 'delivered' });
    });

    it('are not used again when the server announces to close them within two seconds', async () => {
      receiver.otherwise = { headers: { connection: 'keep-alive', 'keep-alive': 'timeout=2' } };
      const client = newClient();
      await push(client);
      await push(client);
      expect(receiver.connections).toBe(2);
    });

    it('are not used again when more came than the answer', async () => {
      const endpoint = await startMisbehaving('answersTwice');
      const client = newClient();
      await expect(client.push(endpoint.url, ENVELOPE, 5000)).resolves.toMatchObject({
        outcome: 'delivered',
      });
      await eventually(() => expect(endpoint.openConnections).toBe(0));
      await endpoint.close();
    });

    it('are not used again when the answer came before all of the message was sent', async () => {
      const endpoint = await startMisbehaving('answersAtOnce');
      const client = newClient();
      const envelope = { messageId: 'msg_large', body: Buffer.alloc(16 * 1024 * 1024, '1') };
      await expect(client.push(endpoint.url, envelope, 5000)).resolves.toMatchObject({ status: 413 });
      await eventually(() => expect(endpoint.openConnections).toBe(0));
      await endpoint.close();
    });

    it('are replaced under TLS as well', async () => {
      const endpoint = await startSelfSigned({ answersPerConnection: 1 });
      const client = newClient({ ca: SELF_SIGNED.cert });
      const url = endpoint.url.replace('127.0.0.1', 'localhost');
      for (let i = 0; i < 3; i++) {
        await expect(client.push(url, ENVELOPE, 5000)).resolves.toMatchObject({ outcome: 'delivered' });
      }
      await endpoint.close();
    });
  });

  describe('the deadline', () => {
    it('covers the wait for a connection, and costs the one that holds it nothing', async () => {
      const client = newClient({ connectionsPerOrigin: 1 });
      const { answer, release } = heldAnswer();
      receiver.answers = [answer];
      const first = push(client);
      await receiver.waitFor(1);
      await expect(push(client, '/late', 100)).resolves.toMatchObject({ outcome: 'queued' });
      release();
      await expect(first).resolves.toMatchObject({ outcome: 'delivered' });
      await expect(push(client, '/next')).resolves.toMatchObject({ outcome: 'delivered' });
      expect(receiver.received.map(({ path }) => path)).toStrictEqual(['/hook', '/next']);
    });

    it('is not held against a subscriber that got its connection too late', async () => {
      const client = newClient({ connectionsPerOrigin: 1 });
      const hanging = await startMisbehaving('hangsBeforeHeaders');
      const outcomes = await Promise.all([200, 300].map((ms) => client.push(hanging.url, ENVELOPE, ms)));
      expect(outcomes).toMatchObject([{ outcome: 'timeout' }, { outcome: 'queued' }]);
      await hanging.close();
    });

    it('passes a place on when the one that holds it hangs', async () => {
      const client = newClient({ connectionsPerOrigin: 1 });
      const hanging = await startMisbehaving('hangsBeforeHeaders');
      const outcomes = await Promise.all([100, 100, 500].map((ms) => client.push(hanging.url, ENVELOPE, ms)));
      // The second had no connection at all; the third had one for most of its time.
      expect(outcomes).toMatchObject([{ outcome: 'timeout' }, { outcome: 'queued' }, { outcome: 'timeout' }]);
      await eventually(() => expect(hanging.openConnections).toBe(0));
      await hanging.close();
    });

    it('leaves no timer behind', async () => {
      const clock = new ManualClock();
      const client = newClient({ clock });
      receiver.answers = [200, 500, { cut: true }];
      for (let i = 0; i < 3; i++) await push(client);
      expect(clock.pendingTimers).toBe(0);
    });
  });

  describe('close', () => {
    it('waits for the pushes under way, and then holds no socket', async () => {
      const client = newClient({ connectionsPerOrigin: 2 });
      const { answer, release } = heldAnswer();
      receiver.answers = [answer, answer];
      const pushes = Array.from({ length: 4 }, () => push(client));
      await receiver.waitFor(2);

      let isClosed = false;
      const closed = client.close().then(() => (isClosed = true));
      await nextTurn();
      expect(isClosed).toBe(false);

      release();
      const outcomes = (await Promise.all(pushes)).map(({ outcome }) => outcome);
      expect(outcomes).toStrictEqual(Array(4).fill('delivered'));
      await closed;
      await eventually(() => expect(receiver.openConnections).toBe(0));
    });

    it('waits for those that were begun a moment before', async () => {
      const client = newClient();
      const pushed = push(client);
      await client.close();
      await eventually(() => expect(receiver.openConnections).toBe(0));
      expect(receiver.received).toHaveLength(1);
      await expect(pushed).resolves.toMatchObject({ outcome: 'delivered' });
    });

    it('can be called at any time and more than once', async () => {
      const client = newClient();
      await client.close();
      await expect(Promise.all([client.close(), client.close()])).resolves.toHaveLength(2);
    });
  });

  it('hands the pushes of one turn of the event loop to axios together, and each has its own outcome', async () => {
    const request = jest.spyOn(axios.Axios.prototype, 'request');
    const [closing, hanging] = await Promise.all([
      startMisbehaving('closes'),
      startMisbehaving('hangsBeforeHeaders'),
    ]);
    const client = newClient();
    const pushTo = (url: string) => client.push(url, ENVELOPE, 300);
    const results = await Promise.all([receiver.url, closing.url, hanging.url, receiver.url].map(pushTo));
    expect(results.map(({ outcome }) => outcome)).toStrictEqual([
      'delivered',
      'connection_reset',
      'timeout',
      'delivered',
    ]);
    expect(request).toHaveBeenCalledTimes(1);
    await push(client);
    expect(request).toHaveBeenCalledTimes(2);
    request.mockRestore();
    await Promise.all([closing.close(), hanging.close()]);
  });

  it('rejects only for a mistake of its caller', async () => {
    await expect(newClient().push('no url', ENVELOPE, 100)).rejects.toMatchObject({
      code: 'ERR_INVALID_URL',
    });
  });
});
