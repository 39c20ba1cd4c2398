import { parseTimestamp } from '../../src/timestamp';
import { deferred } from '../support/deferred';
import { DeliveryScene, FAST, NEVER } from '../support/delivery-scene';
import { Receiver } from '../support/receiver';

describe('publishing', () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
  });

  afterEach(async () => {
    await scene.close();
  });

  describe('with Prefer: respond-async', () => {
    const PREFER = { prefer: 'respond-async' };

    it('is answered 202 once the message is stored, and pushes it right after', async () => {
      await scene.start(NEVER);
      const held = deferred();
      scene.receiver.otherwise = { after: held.promise };
      await scene.subscribe();
      const { status, headers, answer } = await scene.publish('{"n": 1.0}', PREFER);
      expect(status).toBe(202);
      expect(headers.get('preference-applied')).toBe('respond-async');
      expect(answer).toMatchObject({
        delivered: [],
        undelivered: [{ url: scene.url, outcome: 'queued', stored: true }],
      });
      await scene.receiver.waitFor(1);
      expect(scene.receiver.received[0]?.body.toString()).toContain('"data":{"n": 1.0}}');
      held.resolve();
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual([answer.id]);
    });

    it('loses nothing when the process dies right after the answer', async () => {
      await scene.start(FAST);
      scene.receiver.otherwise = 503;
      await scene.subscribe({ maxInFlight: 1 });
      const answers = [];
      for (let n = 0; n < 5; n += 1) answers.push((await scene.publish('1', PREFER)).answer);
      await scene.stop();
      scene.receiver.otherwise = 200;
      scene.receiver.received.length = 0;
      await scene.start(FAST);
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual(answers.map(({ id }) => id));
    });

    it('keeps the order of a subscriber that is behind', async () => {
      await scene.start(FAST);
      scene.receiver.answers = [503];
      await scene.subscribe({ maxInFlight: 1 });
      const ids = [];
      for (let n = 0; n < 20; n += 1) {
        ids.push((await scene.publish('1', n % 2 === 0 ? PREFER : {})).answer.id);
      }
      await scene.expectDrained();
      expect([...new Set(scene.receivedIds)]).toEqual(ids);
    });
  });

  describe('with Prefer: wait', () => {
    it('is answered as usual when all outcomes are known in time', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const { status, headers, answer } = await scene.publish('1', { prefer: 'wait=5' });
      expect([status, headers.get('preference-applied')]).toEqual([200, 'wait=5']);
      expect(answer.delivered).toMatchObject([{ url: scene.url, status: 200 }]);
    });

    it('reports what is still running then, stored; a late success is not pushed again', async () => {
      await scene.start(FAST);
      const held = deferred();
      const healthy = await Receiver.start();
      scene.receiver.otherwise = { after: held.promise };
      await scene.subscribe();
      await scene.herald.subscribe(scene.topic, healthy.url);
      const startedAt = performance.now();
      const { status, answer } = await scene.publish('1', { prefer: 'wait=1' });
      expect(performance.now() - startedAt).toBeGreaterThan(990);
      expect(performance.now() - startedAt).toBeLessThan(3000);
      expect(status).toBe(202);
      expect(answer).toMatchObject({
        delivered: [{ url: healthy.url, status: 200 }],
        undelivered: [{ url: scene.url, outcome: 'still_running', stored: true }],
      });
      expect(await scene.describe()).toMatchObject({ pending: 1, inFlight: 1 });
      held.resolve();
      await scene.expectDescribed({ pending: 0, inFlight: 0, state: 'live' });
      expect((await scene.publish()).status).toBe(200);
      expect(scene.receiver.received).toHaveLength(2);
      await healthy.close();
    });

    it('of 0 answers at once; a late failure is tried again', async () => {
      await scene.start(FAST);
      const held = deferred();
      scene.receiver.answers = [{ status: 503, after: held.promise }];
      await scene.subscribe();
      const { answer, headers } = await scene.publish('1', { prefer: 'wait=0' });
      held.resolve();
      expect(headers.get('preference-applied')).toBe('wait=0');
      expect(answer.undelivered).toMatchObject([{ outcome: 'still_running', stored: true }]);
      await scene.receiver.waitFor(2);
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual([answer.id, answer.id]);
    });
  });

  it.each(['', 'handling=lenient', 'wait', 'wait=soon', 'wait=-1', 'wait=1.5', 'respond-async-or-so'])(
    'ignores Prefer: %s',
    async (prefer) => {
      await scene.start(NEVER);
      await scene.subscribe();
      const { status, headers } = await scene.publish('1', { prefer });
      expect([status, headers.get('preference-applied')]).toEqual([200, null]);
    },
  );

  describe('with an Idempotency-Key', () => {
    const key = (value: string) => ({ 'idempotency-key': value });

    it('a second time is answered as the first, and pushes nothing', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const first = await scene.publish('{"a": 1}', key('order-1'));
      const again = await scene.publish('{"a": 1}', key('order-1'));
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.answer).toEqual(first.answer);
      expect(again.status).toBe(first.status);
      expect(scene.receivedIds).toEqual([first.answer.id]);
    });

    it('and a preference, while the first is under way, waits as the first does, and says so', async () => {
      const held = deferred();
      await scene.start(NEVER);
      scene.receiver.otherwise = { after: held.promise };
      await scene.subscribe();
      const first = scene.publish('1', key('order-1'));
      await scene.receiver.waitFor(1);
      const again = scene.publish('1', { ...key('order-1'), prefer: 'respond-async' });
      held.resolve();
      const { headers, answer } = await again;
      expect([headers.get('idempotency-replayed'), headers.get('preference-applied')]).toEqual([
        'true',
        null,
      ]);
      expect(answer).toEqual((await first).answer);
    });

    it('is the same key in quotes', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const first = await scene.publish('1', key('"8e03978e-40d5"'));
      const again = await scene.publish('1', key('8e03978e-40d5'));
      expect(again.answer).toEqual(first.answer);
      expect(scene.receiver.received).toHaveLength(1);
    });

    it('and another body is answered 409, also byte for byte another', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      await scene.publish('{"a": 1}', key('k'));
      const { status, answer } = await scene.publish('{"a":1}', key('k'));
      expect(status).toBe(409);
      expect(answer).toMatchObject({ code: 'idempotency_key_reused' });
      expect(scene.receiver.received).toHaveLength(1);
    });

    it('on another topic is another message', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      await scene.herald.subscribe('other', scene.url);
      const first = await scene.publish('1', key('k'));
      const other = await scene.herald.publish('other', '1', key('k'));
      expect([other.status, other.headers.get('idempotency-replayed')]).toEqual([200, null]);
      expect(scene.receivedIds).toEqual([first.answer.id, other.answer.id]);
    });

    it('by 30 publishers at the same time is one message', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const published = await Promise.all(Array.from({ length: 30 }, () => scene.publish('1', key('k'))));
      expect(new Set(published.map(({ answer }) => answer.id)).size).toBe(1);
      expect(published.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
      expect(scene.receiver.received).toHaveLength(1);
    });

    it('by publishers of different bodies at the same time is the message of one of them', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const bodies = Array.from({ length: 20 }, (_, n) => String(n % 2));
      const published = await Promise.all(bodies.map((body) => scene.publish(body, key('k'))));
      expect(published.map(({ status }) => status).sort()).toEqual([
        ...Array<number>(10).fill(200),
        ...Array<number>(10).fill(409),
      ]);
      expect(scene.receiver.received).toHaveLength(1);
    });

    it('is remembered over a restart, with the answer', async () => {
      await scene.start(NEVER);
      scene.receiver.otherwise = 503;
      await scene.subscribe({ redelivery: false });
      const first = await scene.publish('1', key('k'));
      await scene.start(NEVER);
      const again = await scene.publish('1', key('k'));
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect([again.status, again.answer]).toEqual([202, first.answer]);
      expect(scene.receiver.received).toHaveLength(1);
      expect((await scene.publish('2', key('k'))).status).toBe(409);
    });

    it('is answered as before also when nobody subscribes to the topic any more', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const first = await scene.publish('1', key('k'));
      await scene.service.post('/unsubscribe/orders', JSON.stringify({ url: scene.url }));
      const again = await scene.publish('1', key('k'));
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect([again.status, again.answer]).toEqual([200, first.answer]);
      expect((await scene.publish('2', key('k'))).status).toBe(409);
      expect((await scene.publish('1', key('another'))).status).toBe(404);
    });

    it('published again after a crash is not acked by a cursor that was polled before it came, even after another restart', async () => {
      await scene.start(NEVER);
      await scene.subscribe({ delivery: 'poll' });
      const [before, after] = [await scene.publish('"before"'), await scene.publish('"after"')];
      await scene.stop();
      // What a crash leaves behind between the claim of the key and the message: a place between the two others.
      const micros = Number(parseTimestamp(before.answer.timestamp)) + 1;
      await scene.claimKey('k', '"late"', micros);
      await scene.start(NEVER);
      const { cursor, messages } = await scene.herald.poll(scene.url);
      expect(messages.map(({ data }) => data)).toEqual(['before', 'after']);
      const late = await scene.publish('"late"', key('k'));
      expect(late.answer.timestamp < after.answer.timestamp).toBe(true);
      await scene.start(NEVER);
      expect(await scene.herald.ack(scene.url, { upTo: cursor })).toEqual({ acked: 2, unknown: [] });
      const page = await scene.herald.poll(scene.url);
      expect(page.messages).toMatchObject([{ id: late.answer.id, data: 'late' }]);
      expect(await scene.herald.ack(scene.url, { upTo: page.cursor })).toMatchObject({ acked: 1 });
    });

    it('goes together with respond-async', async () => {
      await scene.start(NEVER);
      await scene.subscribe();
      const headers = { ...key('k'), prefer: 'respond-async' };
      const published = [await scene.publish('1', headers), await scene.publish('1', headers)];
      expect(published.map(({ status }) => status)).toEqual([202, 202]);
      await scene.expectDrained();
      expect(scene.receivedIds).toEqual([published[1]?.answer.id]);
    });

    it('of a publish that nobody subscribed to is free for the next', async () => {
      await scene.start(NEVER);
      expect((await scene.publish('1', key('k'))).status).toBe(404);
      await scene.subscribe();
      const { status, headers } = await scene.publish('2', key('k'));
      expect([status, headers.get('idempotency-replayed')]).toEqual([200, null]);
    });

    it.each(['', '""', 'two words', 'ü', 'a'.repeat(256)])('of %j is answered 400', async (value) => {
      await scene.start(NEVER);
      await scene.subscribe();
      const { status, answer } = await scene.publish('1', key(value));
      expect([status, answer]).toEqual([400, expect.objectContaining({ code: 'invalid_header' })]);
      expect(scene.receiver.received).toHaveLength(0);
    });
  });
});
