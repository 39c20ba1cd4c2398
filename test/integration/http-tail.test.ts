import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import express from 'express';
import { EventBus } from '../../src/events';
import { authenticate } from '../../src/http/auth/authenticate';
import { JwtVerifier } from '../../src/http/auth/jwt-verifier';
import { errorHandler } from '../../src/http/middleware/error-handler';
import { tailRoutes } from '../../src/http/routes/tail';
import { TailHub } from '../../src/http/tail/tail-hub';
import { captureLog } from '../support/capture-log';
import { deferred } from '../support/deferred';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { ManualClock } from '../support/manual-clock';
import { connectTo } from '../support/raw-http';
import { startTestService, subscribe, type TestService } from '../support/start-test-service';
import { claimsAt, JWT_SECRET, signWithSecret } from '../support/tokens';

describe('GET /tail', () => {
  let clock: ManualClock;
  let bus: EventBus;
  let tails: TailHub;
  let server: Server;
  let url: string;
  let verifier: JwtVerifier | null;
  /** Until when finding out who it is takes. */
  let identified: Promise<void>;
  const streams: EventStream[] = [];

  beforeEach(async () => {
    clock = new ManualClock();
    verifier = null;
    bus = new EventBus((error) => {
      throw error;
    });
    const limits = { maxEvents: 4000, maxBytes: 8 * 1024 * 1024 };
    tails = new TailHub({
      events: bus,
      clock,
      maxTails: 2,
      bytesPerSecond: Infinity,
      inFlight: () => 3,
      limits,
    });
    identified = Promise.resolve();
    const app = express()
      .use((_req, _res, next) => void identified.then(() => next()))
      .use((req, res, next) => authenticate(verifier)(req, res, next));
    tailRoutes(app, { tails });
    app.use(errorHandler(captureLog().log));
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tail`;
  });

  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.close();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });

  async function open(query = '', lastEventId?: string, authorization?: string): Promise<EventStream> {
    const headers = {
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      ...(authorization !== undefined && { authorization }),
    };
    const stream = await EventStream.open(`${url}${query}`, headers);
    streams.push(stream);
    return stream;
  }

  const receive = (data: string, topic = 'orders') => bus.emit('event.received', { topic, data, at: '' });

  /** A token that holds for another `seconds`, and the minute that clocks may differ by. */
  async function bearer(seconds: number): Promise<string> {
    const exp = Math.floor(clock.now() / 1000) + seconds;
    return `Bearer ${await signWithSecret(claimsAt(clock.now(), { scope: 'admin', exp }))}`;
  }

  async function leave(stream: EventStream): Promise<void> {
    const before = tails.size;
    stream.close();
    await eventually(() => expect(tails.size).toBe(before - 1));
  }

  it('ends with the token of its reader, who is refused then, and no sooner', async () => {
    verifier = new JwtVerifier({
      config: { kind: 'jwt', keys: { kind: 'secret', secret: JWT_SECRET } },
      clock,
    });
    const [short, long] = [await bearer(10), await bearer(10_000_000)];
    const [ending, lasting] = [await open('', undefined, short), await open('', undefined, long)];
    clock.advance(69_999);
    receive('1');
    expect(await ending.next()).toMatchObject({ data: { data: '1' } });
    clock.advance(1000);
    receive('2');
    expect(await ending.next()).toBeNull();
    expect(tails.size).toBe(1);
    expect((await open('', undefined, short)).response.statusCode).toBe(401);
    await lasting.next();
    expect(await lasting.next()).toMatchObject({ data: { data: '2' } });
  });

  it('lets those go whose requests waited behind another one when their connection closed', async () => {
    const client = await connectTo(url);
    client.write('GET /tail HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
    await eventually(() => expect(tails.size).toBe(2));
    client.destroy();
    await eventually(() => expect(tails.size).toBe(0));
  });

  it('does not take those whose connection closed before it was found out who they are', async () => {
    const identifying = deferred();
    identified = identifying.promise;
    const client = await connectTo(url);
    const requested = once(server, 'request') as Promise<[IncomingMessage]>;
    client.write('GET /tail HTTP/1.1\r\nHost: a\r\n\r\n');
    const [{ socket }] = await requested;
    client.destroy();
    await once(socket, 'close');
    identifying.resolve();
    await nextTurn();
    expect(tails.size).toBe(0);
    expect(tails.isRecording).toBe(false);
  });

  it('names the parameter that is no URL', async () => {
    const response = await fetch(`${url}?subscriber=foo`);
    expect(await response.json()).toMatchObject({ code: 'invalid_url', errors: [{ path: 'subscriber' }] });
  });

  it('sends events as they happen, to each reader those that it wants', async () => {
    const all = await open();
    expect(all.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const some = await open('?topic=inv*');
    receive('1');
    receive('2', 'invoices');
    const first = await all.next();
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]+-1$/) as string,
      event: 'event.received',
      data: { topic: 'orders', data: '1', isTruncated: false, at: '' },
    });
    expect(await all.next()).toMatchObject({ data: { data: '2' } });
    expect(await some.next()).toMatchObject({ data: { data: '2' } });
  });

  it('goes on where a reader left, without a gap', async () => {
    const stream = await open();
    receive('1');
    const id = (await stream.next())?.id;
    await leave(stream);
    receive('2');
    const again = await open('', id);
    receive('3');
    expect(await again.next()).toMatchObject({ data: { data: '2' } });
    expect(await again.next()).toMatchObject({ data: { data: '3' } });
  });

  it('tells a reader how many events are gone', async () => {
    const stream = await open();
    receive('0');
    const id = (await stream.next())?.id;
    await leave(stream);
    for (let n = 1; n <= 4010; n++) receive(String(n));
    const again = await open('', id);
    expect(await again.next()).toMatchObject({
      event: 'gap',
      data: { missed: 10 },
      id: id?.replace('-1', '-11'),
    });
    expect(await again.next()).toMatchObject({ data: { data: '11' } });
  });

  it('records for a minute after the last reader has left, and no longer', async () => {
    const stream = await open();
    receive('1');
    const id = (await stream.next())?.id;
    await leave(stream);
    clock.advance(59_999);
    expect(bus.hasListeners).toBe(true);
    clock.advance(1);
    expect(bus.hasListeners).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    const again = await open('', id);
    expect(await again.next()).toMatchObject({ event: 'gap', data: { missed: null } });
  });

  it.each(['', 'x', 'abc-1', 'abc-99999999999999999'])('answers the foreign id %j with a gap', async (id) => {
    const stream = await open('', id);
    expect(await stream.next()).toMatchObject({ event: 'gap', data: { missed: null } });
  });

  it('sends stats once a second, filtered or not, and none without a reader', async () => {
    const stream = await open('?outcome=timeout');
    receive('left out');
    clock.advance(1000);
    expect(await stream.next({ stats: true })).toEqual({
      id: undefined,
      event: 'stats',
      data: { publishesPerSecond: 0, deliveriesPerSecond: {}, latencyMs: null, inFlight: 3 },
    });
    await leave(stream);
    expect(clock.pendingTimers).toBe(1);
  });

  it("counts publishes per second by no step of the machine's clock", async () => {
    const stream = await open('?outcome=timeout');
    const numbers = { dataBytes: 1, delivered: 1, undelivered: 0, durationMs: 1 };
    for (const ms of [-3_600_000, 3_600_000]) {
      for (let n = 0; n < 5; n += 1) {
        const named = { messageId: 'msg_1', topic: 'orders', timestamp: '', data: '1' };
        bus.emit('message.published', { ...named, ...numbers });
      }
      clock.step(ms);
      clock.advance(1000);
      expect(await stream.next({ stats: true })).toMatchObject({ data: { publishesPerSecond: 5 } });
    }
  });

  it('sends a comment every 15 seconds', async () => {
    const stream = await open();
    clock.advance(15_000);
    const blocks: (string | null)[] = [];
    while (!blocks.includes(': keep-alive')) blocks.push(await stream.nextBlock());
    expect(blocks.filter((block) => block?.includes('event: stats')).length).toBeLessThanOrEqual(15);
  });

  it('cuts a reader off that lets more than 1 MiB pile up, and no other', async () => {
    const slow = await open();
    const fast = await open();
    slow.response.pause();
    const data = 'x'.repeat(2000);
    let read = 0;
    // What the system's buffers hold comes on top.
    while (tails.size === 2) {
      for (let n = 0; n < 50; n++) receive(data);
      for (let n = 0; n < 50; n++) read += (await fast.next()) ? 1 : 0;
    }
    expect(tails.size).toBe(1);
    receive('"still here"');
    expect(await fast.next()).toMatchObject({ data: { data: '"still here"' } });
    expect(read).toBeGreaterThan(400);
  });

  it('cuts a reader off that takes nothing of what it asked for', async () => {
    const stream = await open();
    await leave(stream);
    // More than the system's buffers hold.
    for (let n = 0; n < 4000; n++) receive('x'.repeat(2000));
    await open('', '');
    await eventually(() => {
      clock.advance(15_000);
      expect(tails.size).toBe(0);
    });
  });

  it('refuses more readers than it may have, and takes one when one has left', async () => {
    const first = await open();
    await open();
    const refused = await fetch(url);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'too_many_tails' });
    await leave(first);
    expect((await open()).response.statusCode).toBe(200);
  });

  it('refuses filters that mean nothing', async () => {
    for (const query of ['?outcome=nothing', '?subscriber=x', '?topic=a&topic=b']) {
      expect((await fetch(`${url}${query}`)).status).toBe(400);
    }
    for (const topic of ['a%20b', '*a*', 'a*b', '%C3%A9']) {
      const response = await fetch(`${url}?topic=${topic}`);
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({
          code: 'invalid_query',
          message: 'The parameter topic must be a topic, or how topics begin with * behind it',
        }),
      ]);
    }
    expect(tails.isRecording).toBe(false);
  });

  it('ends when the server stops', async () => {
    const stream = await open();
    tails.close();
    expect(await stream.next()).toBeNull();
    expect((await fetch(url)).status).toBe(503);
    expect(bus.hasListeners).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('GET /tail of a whole server', () => {
  let service: TestService;

  afterEach(() => service.close());

  it('shows a message from the publish to the subscriber', async () => {
    service = await startTestService();
    const stream = await EventStream.open(`${service.url}/tail`);
    await subscribe(service, 'orders', service.eventUrl);
    await service.post('/publish/orders', '{"n":1}');
    await service.get('/toggle_post_event');
    const names: string[] = [];
    while (!names.includes('event.toggled')) names.push(String((await stream.next())?.event));
    expect(names).toEqual([
      'subscription.created',
      'event.received',
      'delivery.attempted',
      'message.published',
      'event.toggled',
    ]);
    await service.stop();
    expect(await stream.next()).toBeNull();
  });

  it('is for administrators', async () => {
    service = await startTestService({ AUTH: 'jwt', JWT_SECRET });
    const get = async (scope: string) => {
      const authorization = `Bearer ${await signWithSecret(claimsAt(Date.now(), { scope }))}`;
      const response = await fetch(`${service.url}/tail`, { method: 'HEAD', headers: { authorization } });
      return response.status;
    };
    expect(await get('publish:* poll:*')).toBe(403);
    expect(await get('admin')).toBe(200);
  });
});
