import type { MessageBroker } from '../../src/broker/message-broker';
import type { SubscriptionManager } from '../../src/broker/subscription-manager';
import type { PushResult } from '../../src/delivery/push-client';
import type { PushLimiter } from '../../src/delivery/push-limiter';
import { SETTINGS_DEFAULTS } from '../../src/broker/subscriber-settings';
import { newBrokerParts, type BrokerPartsOptions, FakeDisk } from '../support/broker-parts';
import type { captureLog } from '../support/capture-log';
import { deferred, settled } from '../support/deferred';
import type { Deferred } from '../support/deferred';
import { DELIVERED, type FakeMessageStore, type FakePushClient, UNAVAILABLE } from '../support/fakes';
import type { ManualClock } from '../support/manual-clock';

const A = 'http://a/hook';
const B = 'http://b/hook';
const C = 'http://c/hook';
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const BUSY: PushResult = { outcome: 'http_status', status: 503, durationMs: 2 };

describe('MessageBroker', () => {
  let store: FakeMessageStore;
  let push: FakePushClient;
  let limiter: PushLimiter;
  let clock: ManualClock;
  let logged: ReturnType<typeof captureLog>;
  let subscriptions: SubscriptionManager;
  let broker: MessageBroker;

  beforeEach(async () => {
    broker = await newBroker();
  });

  async function newBroker(options: BrokerPartsOptions = {}): Promise<MessageBroker> {
    const parts = newBrokerParts({ maxMessageBytes: 100, ...options });
    ({ push, limiter, clock, logged, subscriptions } = parts);
    store = parts.disk.messages;
    for (const url of [A, B, C]) await subscriptions.subscribe('orders', url);
    return parts.broker;
  }

  function answer(results: Record<string, PushResult>): void {
    push.answer = (url) => results[url] ?? DELIVERED;
  }

  describe('when every subscriber answers 2xx', () => {
    it('names all of them as delivered', async () => {
      answer({ [B]: { outcome: 'delivered', status: 204, durationMs: 12 } });
      await expect(broker.publish('orders', '{"n": 1}')).resolves.toEqual({
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        topic: 'orders',
        // The three before it are those of the subscriptions.
        timestamp: '2026-08-04T12:00:00.000003+00:00',
        delivered: [
          { url: A, status: 200, durationMs: 3 },
          { url: B, status: 204, durationMs: 12 },
          { url: C, status: 200, durationMs: 3 },
        ],
        undelivered: [],
      });
    });

    it('never asks the store', async () => {
      await broker.publish('orders', '1');
      expect(store.puts).toEqual([]);
    });

    it('does not need the store to work', async () => {
      store.gate = UNAVAILABLE;
      await expect(broker.publish('orders', '1')).resolves.toMatchObject({ undelivered: [] });
    });
  });

  it('pushes the same envelope, with the data as it came, to each subscriber once', async () => {
    const data = '{"b": 12345678901234567890, "a": 1.0, "a": 2,\t"é": "\\u00e9"}';
    const { id, timestamp } = await broker.publish('orders', data);
    expect(push.pushes.map(({ url, timeoutMs }) => [url, timeoutMs])).toEqual([
      [A, 5000],
      [B, 5000],
      [C, 5000],
    ]);
    for (const { envelope } of push.pushes) {
      expect(envelope.messageId).toBe(id);
      expect(envelope.body.toString()).toBe(
        `{"id":"${id}","topic":"orders","timestamp":"${timestamp}","data":${data}}`,
      );
    }
  });

  it('pushes to all subscribers at once', async () => {
    const gates = [deferred<PushResult>(), deferred<PushResult>(), deferred<PushResult>()];
    push.answer = () => gates[push.pushes.length - 1]?.promise ?? DELIVERED;
    const publishing = broker.publish('orders', '1');
    await settled();
    expect(push.pushes).toHaveLength(3);
    for (const gate of gates.reverse()) gate.resolve(DELIVERED);
    await expect(publishing).resolves.toMatchObject({ delivered: [{ url: A }, { url: B }, { url: C }] });
  });

  describe('when some subscribers do not receive the message', () => {
    it('stores one copy for each of them with one call, and says so', async () => {
      answer({ [A]: REFUSED, [C]: BUSY });
      const result = await broker.publish('orders', '{"n": 1.0}');
      expect(result.delivered).toEqual([{ url: B, status: 200, durationMs: 3 }]);
      expect(result.undelivered).toEqual([
        { url: A, outcome: 'connection_refused', stored: true },
        { url: C, outcome: 'http_status', status: 503, stored: true },
      ]);
      const { id, timestamp } = result;
      const expiresAt = clock.now() + SETTINGS_DEFAULTS.backlog.maxAgeSeconds * 1000;
      expect(store.puts).toEqual([
        {
          message: { id, topic: 'orders', timestamp, data: '{"n": 1.0}' },
          copies: [
            { subscriber: A, expiresAt },
            { subscriber: C, expiresAt },
          ],
        },
      ]);
    });

    it('answers only once the copies are stored', async () => {
      answer({ [A]: REFUSED });
      const stored = deferred();
      store.gate = (operation) => (operation === 'put' ? stored.promise : Promise.resolve());
      let isAnswered = false;
      const publishing = broker.publish('orders', '1').then(() => (isAnswered = true));
      await settled();
      expect(store.puts).toHaveLength(1);
      expect(isAnswered).toBe(false);
      stored.resolve();
      await publishing;
    });

    it.each([
      'http_status',
      'redirect_refused',
      'timeout',
      'connection_refused',
      'connection_reset',
      'dns_error',
      'tls_error',
      'blocked_address',
      'response_too_large',
    ] as const)('passes the outcome %s on', async (outcome) => {
      answer({ [B]: { outcome, durationMs: 1 } });
      const { undelivered } = await broker.publish('orders', '1');
      expect(undelivered).toEqual([{ url: B, outcome, stored: true }]);
    });
  });

  describe('when more pushes are under way than the limit allows', () => {
    let busy: Deferred<PushResult>;

    beforeEach(async () => {
      broker = await newBroker({ limit: 2 });
      busy = deferred();
      push.answer = (url) => (url === C ? DELIVERED : busy.promise);
    });

    it('lets the rest wait for their turn, within the same deadline', async () => {
      const publishing = broker.publish('orders', '1');
      await clock.advanceAsync(2000);
      expect(push.pushes.map(({ url }) => url)).toEqual([A, B]);
      busy.resolve(DELIVERED);
      await expect(publishing).resolves.toMatchObject({ undelivered: [] });
      expect(push.pushes[2]).toMatchObject({ url: C, timeoutMs: 3000 });
      expect(limiter).toMatchObject({ active: 0, waiting: 0 });
    });

    it('stores the copy of one that did not get its turn', async () => {
      const publishing = broker.publish('orders', '1');
      await clock.advanceAsync(5000);
      busy.resolve(DELIVERED);
      const { undelivered } = await publishing;
      expect(undelivered).toEqual([{ url: C, outcome: 'queued', stored: true }]);
      expect(store.puts).toMatchObject([{ copies: [{ subscriber: C }] }]);
      expect(limiter).toMatchObject({ active: 0, waiting: 0 });
    });

    it('gives turns back and stores the message also when a push fails in an unforeseen way', async () => {
      push.answer = () => Promise.reject(new Error('a bug'));
      const { undelivered } = await broker.publish('orders', '1');
      expect(undelivered).toMatchObject([A, B, C].map((url) => ({ url, outcome: 'queued', stored: true })));
      expect(logged.lines('delivery.failed')).toHaveLength(3);
      expect(limiter).toMatchObject({ active: 0, waiting: 0 });
    });
  });

  describe('when copies cannot be stored', () => {
    it('says of each whether it was stored', async () => {
      answer({ [A]: REFUSED, [B]: REFUSED, [C]: BUSY });
      store.refused = [A, C];
      const { undelivered } = await broker.publish('orders', '1');
      expect(undelivered).toEqual([
        { url: A, outcome: 'store_failed', stored: false },
        { url: B, outcome: 'connection_refused', stored: true },
        { url: C, outcome: 'store_failed', status: 503, stored: false },
      ]);
    });

    it('says that none was when the store is gone', async () => {
      answer({ [A]: REFUSED, [B]: REFUSED });
      store.gate = UNAVAILABLE;
      const { delivered, undelivered } = await broker.publish('orders', '1');
      expect(delivered).toMatchObject([{ url: C }]);
      expect(undelivered).toEqual([
        { url: A, outcome: 'store_failed', stored: false },
        { url: B, outcome: 'store_failed', stored: false },
      ]);
    });

    it('logs it as an error', async () => {
      answer({ [A]: REFUSED });
      store.gate = UNAVAILABLE;
      await broker.publish('orders', '1');
      expect(logged.lines('message.published')).toMatchObject([
        { level: 50, store_failed: 1, err: { message: expect.stringContaining('disk is full') } },
      ]);
    });
  });

  it('refuses a topic without subscribers, and pushes and stores nothing', async () => {
    await expect(broker.publish('nothing', '1')).rejects.toMatchObject({
      code: 'topic_not_found',
      status: 404,
    });
    await subscriptions.subscribe('left', A);
    await subscriptions.unsubscribe('left', A);
    await expect(broker.publish('left', '1')).rejects.toMatchObject({ code: 'topic_not_found' });
    expect(push.pushes).toEqual([]);
    expect(store.puts).toEqual([]);
  });

  it('goes on with the subscribers of the moment when one unsubscribes meanwhile', async () => {
    const gate = deferred<PushResult>();
    push.answer = () => gate.promise;
    const publishing = broker.publish('orders', '1');
    await subscriptions.unsubscribe('orders', B);
    gate.resolve(REFUSED);
    await expect(publishing).resolves.toMatchObject({ undelivered: [{ url: A }, { url: B }, { url: C }] });
  });

  describe('with the limit on the size', () => {
    it('accepts exactly the limit, counted in bytes', async () => {
      await expect(broker.publish('orders', `"${'é'.repeat(49)}"`)).resolves.toMatchObject({
        topic: 'orders',
      });
    });

    it('refuses one byte more before it pushes', async () => {
      await expect(broker.publish('orders', `"${'é'.repeat(49)}x"`)).rejects.toMatchObject({
        code: 'message_too_large',
        status: 413,
      });
      expect(push.pushes).toEqual([]);
    });

    it("takes the store's limit where that is lower", async () => {
      const disk = new FakeDisk();
      disk.messages.maxMessageBytes = 10;
      const limited = await newBroker({ disk });
      expect(limited.maxMessageBytes).toBe(10);
      await expect(limited.publish('orders', '12345678901')).rejects.toMatchObject({
        code: 'message_too_large',
      });
      expect((await newBroker({ disk, maxMessageBytes: 5 })).maxMessageBytes).toBe(5);
    });
  });

  it('gives every message its own id and a later timestamp, also within one millisecond', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => broker.publish('orders', '1')));
    const timestamps = results.map(({ timestamp }) => timestamp);
    expect(timestamps).toEqual([...new Set(timestamps)].sort());
    expect(new Set(results.map(({ id }) => id)).size).toBe(50);
    clock.set(clock.now() - 60_000);
    const { timestamp } = await broker.publish('orders', '1');
    expect(timestamp > String(timestamps.at(-1))).toBe(true);
  });

  describe('drain', () => {
    it('resolves at once when nothing is under way', async () => {
      await expect(broker.drain()).resolves.toBeUndefined();
    });

    it('waits for pushes and for the store', async () => {
      const [pushed, stored] = [deferred<PushResult>(), deferred()];
      push.answer = () => pushed.promise;
      store.gate = () => stored.promise;
      let isDrained = false;
      const publishing = broker.publish('orders', '1');
      const draining = broker.drain().then(() => (isDrained = true));
      await settled();
      expect(isDrained).toBe(false);
      pushed.resolve(REFUSED);
      await settled();
      expect(isDrained).toBe(false);
      stored.resolve();
      await Promise.all([publishing, draining]);
      expect(isDrained).toBe(true);
    });

    it('does not reject for a publish that does', async () => {
      const publishing = broker.publish('nothing', '1');
      await expect(broker.drain()).resolves.toBeUndefined();
      await expect(publishing).rejects.toMatchObject({ code: 'topic_not_found' });
    });
  });

  it('logs one line per publish and one per attempt, without the data', async () => {
    answer({ [B]: BUSY });
    const { id } = await broker.publish('orders', '"confidential"');
    const attempt = { message_id: id, topic: 'orders', level: 30 };
    expect(logged.lines('delivery.attempted')).toMatchObject([
      { ...attempt, subscriber: A, outcome: 'delivered', status: 200, duration_ms: 3 },
      { ...attempt, subscriber: B, outcome: 'http_status', status: 503, duration_ms: 2 },
      { ...attempt, subscriber: C, outcome: 'delivered', status: 200, duration_ms: 3 },
    ]);
    expect(logged.lines('message.published')).toMatchObject([
      { ...attempt, data_bytes: 14, delivered: 2, undelivered: 1, store_failed: 0 },
    ]);
    expect(JSON.stringify(logged.lines())).not.toContain('confidential');
  });
});
