import { deferred } from '../support/deferred';
import { DeliveryScene, FAST, NEVER } from '../support/delivery-scene';
import { eventually } from '../support/eventually';
import { SlowAnswers } from '../support/slow-answers';

describe("a subscriber's settings", () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
  });

  afterEach(async () => {
    await scene.close();
  });

  const outcomes = (published: Awaited<ReturnType<DeliveryScene['publish']>>) =>
    published.answer.undelivered.map(({ outcome }) => outcome);

  describe('maxInFlight', () => {
    it('bounds the live pushes under way; the others wait their turn', async () => {
      await scene.start({});
      const answers = new SlowAnswers(10);
      scene.receiver.otherwise = answers.script;
      await scene.subscribe({ maxInFlight: 3 });
      const published = await Promise.all(Array.from({ length: 40 }, () => scene.publish()));
      expect(published.map(({ status }) => status)).toEqual(Array(40).fill(200));
      expect(answers.max).toBe(3);
    });

    it('bounds the pushes of a backlog', async () => {
      await scene.start({});
      const answers = new SlowAnswers(10);
      scene.receiver.otherwise = answers.script;
      await scene.subscribe({ maxInFlight: 3, paused: true });
      await scene.publishBatch(40);
      await scene.herald.change(scene.url, { paused: false });
      await scene.expectDrained();
      expect(answers.max).toBe(3);
    });

    it('has those stored whose turn does not come within the push timeout', async () => {
      await scene.start({ ...FAST, PUSH_TIMEOUT_MS: '300' });
      const held = deferred();
      scene.receiver.otherwise = { after: held.promise };
      await scene.subscribe({ maxInFlight: 1 });
      const first = scene.publish();
      await scene.receiver.waitFor(1);
      const second = await scene.publish();
      expect(outcomes(await first)).toEqual(['timeout']);
      expect(second.answer.undelivered).toEqual([{ url: scene.url, outcome: 'queued', stored: true }]);
      held.resolve();
      await scene.expectDrained();
      expect(scene.receivedIds.at(-1)).toBe(second.answer.id);
    });
  });

  describe('backlog.maxMessages', () => {
    const publishers = (count: number, each: number) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const published = [];
          for (let n = 0; n < each; n += 1) published.push(await scene.publish());
          return published;
        }),
      ).then((all) => all.flat());

    it('is never exceeded under 50 concurrent publishers, and the oldest go', async () => {
      await scene.start({});
      await scene.subscribe({ delivery: 'poll', backlog: { maxMessages: 20 } });
      const published = await publishers(50, 4);
      const told = published.flatMap(({ answer }) => answer.undelivered);
      expect(told).toHaveLength(200);
      expect(new Set(published.map(({ status }) => status))).toEqual(new Set([202]));
      expect(told.every(({ outcome, stored }) => outcome === 'poll_only' && stored)).toBe(true);
      expect(told.reduce((sum, { dropped = 0 }) => sum + dropped, 0)).toBe(180);
      const { messages } = await scene.herald.poll(scene.url);
      const newest = published
        .map(({ answer }) => answer.id)
        .sort()
        .slice(-20);
      expect(messages.map(({ id }) => id)).toEqual(newest);
      const logged = scene.service.lines('backlog.dropped').map(({ messages: count }) => Number(count));
      expect(logged.reduce((sum, count) => sum + count, 0)).toBe(180);
    });

    it('is never exceeded under 50 concurrent publishers, and the newest are refused', async () => {
      await scene.start({});
      await scene.subscribe({ delivery: 'poll', backlog: { maxMessages: 20, overflow: 'drop_newest' } });
      const published = await publishers(50, 4);
      const dropped = published.filter((one) => outcomes(one).includes('dropped'));
      expect(dropped).toHaveLength(180);
      expect(dropped[0]).toMatchObject({
        status: 202,
        answer: {
          message:
            '1 of 1 subscribers did not receive the message, and for 1 of them it was dropped, since their backlog is full',
          undelivered: [{ url: scene.url, outcome: 'dropped', stored: false, dropped: 1 }],
        },
      });
      const kept = published.filter((one) => !dropped.includes(one)).map(({ answer }) => answer.id);
      const { messages } = await scene.herald.poll(scene.url);
      expect(messages.map(({ id }) => id)).toEqual(kept.sort());
    });

    it('lets messages in again as soon as some were acked, pushed or purged', async () => {
      await scene.start(FAST);
      await scene.subscribe({ paused: true, backlog: { maxMessages: 3, overflow: 'drop_newest' } });
      const ids = await scene.publishMany(3);
      expect(outcomes(await scene.publish())).toEqual(['dropped']);
      await scene.herald.ack(scene.url, { ids: ids.slice(0, 1) });
      expect(outcomes(await scene.publish())).toEqual(['paused']);
      expect(outcomes(await scene.publish())).toEqual(['dropped']);
      await scene.herald.purge(scene.url);
      expect(outcomes(await scene.publish())).toEqual(['paused']);
      await scene.herald.change(scene.url, { paused: false });
      await scene.expectDrained();
      await scene.herald.change(scene.url, { paused: true });
      await scene.publishMany(3);
      expect(await scene.describe()).toMatchObject({ pending: 3 });
    });
  });

  it('backlog.maxAgeSeconds: what is older is neither polled nor pushed', async () => {
    await scene.start({});
    await scene.subscribe({ paused: true, backlog: { maxAgeSeconds: 1 } });
    await scene.publish('"old"');
    expect((await scene.herald.poll(scene.url)).messages).toHaveLength(1);
    await eventually(async () => expect((await scene.herald.poll(scene.url)).messages).toHaveLength(0));
    const fresh = await scene.publish('"fresh"');
    await scene.herald.change(scene.url, { paused: false });
    await scene.receiver.waitFor(1);
    expect(scene.receivedIds).toEqual([fresh.answer.id]);
  });

  describe('delivery', () => {
    it('poll: never pushed, only stored', async () => {
      await scene.start(FAST);
      await scene.subscribe({ delivery: 'poll' });
      const { status, answer } = await scene.publish();
      expect([status, answer.undelivered]).toEqual([
        202,
        [{ url: scene.url, outcome: 'poll_only', stored: true }],
      ]);
      expect(await scene.describe()).toMatchObject({ state: 'poll', pending: 1, nextAttemptAt: null });
      expect(scene.receiver.connections).toBe(0);
    });

    it('push again: what was stored meanwhile is pushed, in order', async () => {
      await scene.start(FAST);
      await scene.subscribe({ delivery: 'poll', maxInFlight: 1 });
      const ids = await scene.publishMany(10);
      await scene.herald.change(scene.url, { delivery: 'push' });
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual(ids);
    });
  });

  describe('redelivery: false', () => {
    it('pushes each message once, and what failed waits to be polled', async () => {
      await scene.start({ ...FAST, RETRY_FIRST_DELAY_MS: '1' });
      scene.receiver.answers = [503];
      await scene.subscribe({ redelivery: false });
      const missed = await scene.publish('"missed"');
      expect(missed.answer.undelivered).toEqual([
        { url: scene.url, outcome: 'http_status', status: 503, stored: true },
      ]);
      const received = await scene.publish('"received"');
      expect(received.status).toBe(200);
      expect(await scene.describe()).toMatchObject({ state: 'live', pending: 1, nextAttemptAt: null });
      expect((await scene.herald.poll(scene.url)).messages).toMatchObject([{ data: 'missed' }]);
      expect(scene.receivedIds).toEqual([missed, received].map(({ answer }) => answer.id));
    });

    it('sends nothing over again on a new connection when one that was kept alive breaks', async () => {
      await scene.start(FAST);
      scene.receiver.answers = [200, { cut: true }];
      await scene.subscribe({ redelivery: false });
      await scene.publish('"received"');
      const cut = await scene.publish('"cut"');
      expect(cut.answer.undelivered).toEqual([{ url: scene.url, outcome: 'connection_reset', stored: true }]);
      expect(scene.receiver.received).toHaveLength(2);
    });

    it('true again: what waits is pushed', async () => {
      await scene.start(FAST);
      scene.receiver.answers = [503, 503];
      await scene.subscribe({ redelivery: false, maxInFlight: 1 });
      const ids = await scene.publishMany(2);
      scene.receiver.received.length = 0;
      await scene.herald.change(scene.url, { redelivery: true });
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual(ids);
    });
  });

  describe('paused', () => {
    it('stores what is published, and pushes it once resumed, in order', async () => {
      await scene.start(NEVER);
      await scene.subscribe({ paused: true, maxInFlight: 1 });
      const first = await scene.publish();
      expect([first.status, first.answer.undelivered]).toEqual([
        202,
        [{ url: scene.url, outcome: 'paused', stored: true }],
      ]);
      const ids = [first.answer.id, ...(await scene.publishMany(9))];
      expect(scene.receiver.connections).toBe(0);
      await scene.herald.change(scene.url, { paused: false });
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual(ids);
    });

    it('holds up a backlog in the middle, and loses nothing of it', async () => {
      await scene.start(FAST);
      scene.receiver.otherwise = new SlowAnswers(5).script;
      await scene.subscribe({ paused: true, maxInFlight: 2 });
      const ids = await scene.publishBatch(100);
      await scene.herald.change(scene.url, { paused: false });
      await scene.receiver.waitFor(20);
      await scene.herald.change(scene.url, { paused: true });
      await scene.expectDescribed({ state: 'paused', inFlight: 0 });
      const { pending } = await scene.describe();
      expect(pending).toBeGreaterThan(0);
      const halfway = scene.receiver.received.length;
      await scene.herald.change(scene.url, { paused: false });
      await scene.expectDrained();
      expect(halfway).toBeLessThan(100);
      expect(scene.receivedIds.toSorted()).toEqual(ids);
    });
  });
});
