import { setTimeout as delay } from 'node:timers/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../../src/clock';
import { SqliteClient } from '../../src/store/sqlite/sqlite-client';
import { deferred } from '../support/deferred';
import { DeliveryScene, FAST, NEVER } from '../support/delivery-scene';
import { eventually } from '../support/eventually';
import { type Misbehaviour, type RawReceiver, startMisbehaving } from '../support/misbehaving';

/** A clock by which everything happens `factor` times as fast. */
function fastClock(factor: number): Clock {
  const startedAt = systemClock.now();
  return {
    now: () => startedAt + (systemClock.now() - startedAt) * factor,
    monotonicMs: () => systemClock.monotonicMs() * factor,
    setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs / factor),
  };
}

describe('what has hurt others', () => {
  let scene: DeliveryScene;
  let endpoints: RawReceiver[] = [];

  beforeEach(async () => {
    scene = await DeliveryScene.open();
  });

  afterEach(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    endpoints = [];
    await scene.close();
  });

  async function startHostile(
    first: Misbehaviour,
    ...others: readonly Misbehaviour[]
  ): Promise<readonly [RawReceiver, ...RawReceiver[]]> {
    const started = [await startMisbehaving(first)] as [RawReceiver, ...RawReceiver[]];
    for (const kind of others) started.push(await startMisbehaving(kind));
    endpoints.push(...started);
    return started;
  }

  const elapsed = async (work: Promise<unknown>) => {
    const startedAt = performance.now();
    await work;
    return performance.now() - startedAt;
  };

  it('a subscriber that hangs does not hold up the others, and costs nothing once its circuit is open', async () => {
    await scene.start({ ...NEVER, CIRCUIT_FAILURES: '2', PUSH_TIMEOUT_MS: '1000' });
    const [hanging] = await startHostile('hangsBeforeHeaders');
    await scene.herald.subscribe(scene.topic, hanging.url);
    for (const path of ['/1', '/2', '/3']) {
      await scene.herald.subscribe(scene.topic, scene.receiver.urlOf(path));
    }
    let isAnswered = false;
    const publishing = scene.publish().finally(() => (isAnswered = true));
    await scene.receiver.waitFor(3);
    expect(isAnswered).toBe(false);
    expect((await publishing).answer.undelivered).toMatchObject([{ outcome: 'timeout', stored: true }]);
    await eventually(async () => {
      await scene.publish();
      expect(await scene.herald.describe(hanging.url)).toMatchObject({ state: 'offline' });
    });
    const before = scene.receiver.received.length;
    const published = await Promise.all(Array.from({ length: 20 }, () => scene.publish()));
    for (const { answer } of published) {
      expect(answer.delivered).toHaveLength(3);
      expect(answer.undelivered).toEqual([{ url: hanging.url, outcome: 'circuit_open', stored: true }]);
    }
    expect(scene.receiver.received).toHaveLength(before + 60);
    expect(hanging.openConnections).toBe(0);
  });

  it('an answer without end, of a byte a second, or of endless headers is cut off in time', async () => {
    await scene.start({ ...NEVER, PUSH_TIMEOUT_MS: '500' });
    const hostile = await startHostile('endlessBody', 'trickles', 'endlessHeaders', 'hangsInBody');
    for (const { url } of hostile) await scene.herald.subscribe(scene.topic, url);
    await scene.subscribe();
    const memoryBefore = process.memoryUsage();
    for (let n = 0; n < 3; n += 1) {
      const publishing = scene.publish();
      expect(await elapsed(publishing)).toBeLessThan(3000);
      expect(scene.receiver.received).toHaveLength(n + 1);
      expect((await publishing).answer.delivered).toMatchObject(
        // More than is read of an answer is no failure: its status is known.
        [{ url: hostile[0].url }, { url: scene.url }],
      );
    }
    await eventually(() =>
      expect(hostile.map(({ openConnections }) => openConnections)).toEqual([0, 0, 0, 0]),
    );
    const { external, arrayBuffers } = process.memoryUsage();
    expect(external + arrayBuffers - memoryBefore.external - memoryBefore.arrayBuffers).toBeLessThan(50e6);
  });

  it('subscribing again and again, at once and in other spellings, delivers each message once', async () => {
    await scene.start(NEVER);
    const spellings = [scene.url, scene.url.replace('http', 'HTTP'), `${scene.url}#again`, ` ${scene.url} `];
    const subscribing = [...spellings, ...spellings].map((url) => scene.herald.subscribe(scene.topic, url));
    await Promise.all(subscribing);
    await scene.publish();
    await scene.start(NEVER);
    await scene.subscribe();
    await scene.publish();
    expect(scene.receiver.received).toHaveLength(2);
  });

  it('a success marks the message that it was answered to, and no other', async () => {
    await scene.start(FAST);
    const held = deferred();
    scene.receiver.otherwise = ({ body }) => {
      if (body.includes('"slow"')) return { after: held.promise, status: 503 };
      // A subscriber that takes its time is sent several at once.
      return { after: delay(30) };
    };
    await scene.subscribe({ paused: true, maxInFlight: 3 });
    for (const text of ['"first"', '"slow"', '"last"']) await scene.publish(text);
    await scene.herald.change(scene.url, { paused: false });
    await scene.receiver.waitFor(3);
    await scene.expectDescribed({ pending: 1 });
    expect((await scene.herald.poll(scene.url)).messages).toMatchObject([{ data: 'slow' }]);
    scene.receiver.otherwise = 200;
    held.resolve();
    await scene.expectDrained();
    const received = scene.receiver.messages.map(({ data }) => data);
    expect(received).toEqual(['first', 'slow', 'last', 'slow']);
  });

  it('what has expired is not delivered any more, and then deleted', async () => {
    const clock = fastClock(60);
    // A minute is a second for whoever waits for its end, too.
    await scene.start({ ...NEVER, PUSH_TIMEOUT_MS: '100000', SHUTDOWN_TIMEOUT_MS: '600000' }, clock);
    const settings = { delivery: 'poll', backlog: { maxAgeSeconds: 45 } } as const;
    await scene.subscribe(settings);
    await scene.publishBatch(1000);
    await scene.publishBatch(400);
    // A minute passes within a second, and so does the pause between two looks at what has expired.
    await eventually(async () => expect((await scene.herald.poll(scene.url)).messages).toHaveLength(0));
    expect(await scene.herald.poll(scene.url)).toMatchObject({ messages: [], hasMore: false });
    await scene.expectDescribed({ pending: 0 });
  });

  it('idle costs nothing: no timer and no call of the store, with 100 subscribers and one of them offline', async () => {
    let timers = 0;
    const counting: Clock = {
      ...systemClock,
      setTimer: (callback, delayMs) => {
        timers += 1;
        return systemClock.setTimer(callback, delayMs);
      },
    };
    await scene.start(NEVER, counting);
    for (let n = 0; n < 100; n += 1) {
      await scene.herald.subscribe(scene.topic, scene.receiver.urlOf(`/${n}`));
    }
    scene.receiver.otherwise = ({ path }) => (path === '/7' ? 503 : 200);
    for (let n = 0; n < 6; n += 1) await scene.publish();
    const offline = scene.receiver.urlOf('/7');
    expect(await scene.herald.describe(offline)).toMatchObject({ state: 'offline', pending: 6 });
    await pause(200);
    const spies = [jest.spyOn(SqliteClient.prototype, 'read'), jest.spyOn(SqliteClient.prototype, 'write')];
    const storeCalls = () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    timers = 0;
    const requests = scene.receiver.received.length;
    await pause(2000);
    expect([timers, storeCalls(), scene.receiver.received.length]).toEqual([0, 0, requests]);
    await scene.herald.describe(offline);
    expect(storeCalls()).toBeGreaterThan(0);
    for (const spy of spies) spy.mockRestore();
  });
});
