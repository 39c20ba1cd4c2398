import { DeliveryScene, FAST, MovableClock, NEVER } from '../support/delivery-scene';
import { eventually } from '../support/eventually';
import { SlowAnswers } from '../support/slow-answers';

const DAY_MS = 86_400_000;

describe('redelivery', () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
  });

  afterEach(async () => {
    await scene.close();
  });

  const stateOf = async () => (await scene.describe()).state;

  /** Answers with `status` and notes when each request came. */
  function timesOfArrival(status: number, headers: Readonly<Record<string, string>> = {}): number[] {
    const times: number[] = [];
    scene.receiver.otherwise = () => {
      times.push(performance.now());
      return { status, headers };
    };
    return times;
  }

  const gapsOf = (times: readonly number[]) => times.slice(1).map((time, n) => time - (times[n] ?? 0));

  describe('the circuit', () => {
    it('opens after five failures in a row; after that a publish costs its subscriber nothing', async () => {
      await scene.start(NEVER);
      scene.receiver.otherwise = 503;
      await scene.subscribe();
      for (let n = 0; n < 5; n += 1) {
        expect((await scene.publish()).answer.undelivered).toEqual([
          { url: scene.url, outcome: 'http_status', status: 503, stored: true },
        ]);
      }
      expect(await stateOf()).toBe('offline');
      for (let n = 0; n < 20; n += 1) {
        const { status, answer } = await scene.publish();
        expect([status, answer.undelivered]).toEqual([
          202,
          [{ url: scene.url, outcome: 'circuit_open', stored: true }],
        ]);
      }
      expect(scene.receiver.received).toHaveLength(5);
      expect(await scene.describe()).toMatchObject({ pending: 25 });
    });

    it('stays closed while failures are not in a row', async () => {
      await scene.start({ ...FAST, CIRCUIT_FAILURES: '2' });
      await scene.subscribe();
      for (let n = 0; n < 4; n += 1) {
        scene.receiver.answers = [503];
        await scene.publish();
        await scene.expectDrained();
      }
      expect(scene.service.lines('subscriber.state_changed').map(({ to }) => to)).not.toContain('offline');
    });

    it('sends the oldest message as a probe, alone, after pauses that double up to the longest', async () => {
      await scene.start({ ...FAST, RETRY_FIRST_DELAY_MS: '100', RETRY_MAX_DELAY_MS: '400' });
      const times = timesOfArrival(503);
      await scene.subscribe();
      const { answer } = await scene.publish();
      await scene.receiver.waitFor(3);
      await scene.publishMany(20);
      await scene.receiver.waitFor(7);
      expect(new Set(scene.receivedIds)).toEqual(new Set([answer.id]));
      gapsOf(times).forEach((gap, n) => {
        const expected = [100, 100, 100, 200, 400, 400][n] ?? NaN;
        expect(gap).toBeGreaterThan(expected - 5);
        // The virtual clock's tests hold it to the millisecond; a busy machine may be late.
        expect(gap).toBeLessThan(expected + 3000);
      });
    });

    it('closes with the first success, and what waits is pushed in order', async () => {
      await scene.start(FAST);
      scene.receiver.otherwise = 503;
      await scene.subscribe({ maxInFlight: 1 });
      const ids = [(await scene.publish()).answer.id];
      await scene.expectDescribed({ state: 'offline' });
      ids.push(...(await scene.publishBatch(30)));
      scene.receiver.received.length = 0;
      scene.receiver.otherwise = 200;
      await scene.expectDrained();
      expect([...new Set(scene.receivedIds)]).toEqual(ids);
      expect((await scene.publish()).status).toBe(200);
    });

    it('is probed by the next message when nothing waits', async () => {
      // Long enough for the second publish, which must come before the pause is over.
      await scene.start({ ...FAST, CIRCUIT_FAILURES: '1', RETRY_FIRST_DELAY_MS: '500' });
      scene.receiver.otherwise = 503;
      await scene.subscribe({ redelivery: false });
      await scene.publish();
      expect((await scene.publish()).answer.undelivered).toMatchObject([{ outcome: 'circuit_open' }]);
      scene.receiver.otherwise = 200;
      await eventually(async () => expect((await scene.publish()).status).toBe(200));
      expect(await stateOf()).toBe('live');
    });
  });

  it('starts slowly: each success lets one more be under way, up to the limit', async () => {
    await scene.start(FAST);
    await scene.subscribe({ paused: true });
    await scene.publishBatch(120);
    const answers = new SlowAnswers(10);
    scene.receiver.otherwise = answers.script;
    await scene.herald.change(scene.url, { paused: false });
    await scene.receiver.waitFor(120);
    const isTooFast = answers.atOnce.some((atOnce, n) => atOnce > 1 + (answers.answeredBefore[n] ?? 0));
    expect(isTooFast).toBe(false);
    expect(answers.max).toBeLessThanOrEqual(16);
    expect(answers.max).toBeGreaterThan(8);
  });

  describe('Retry-After', () => {
    it('postpones the next attempt; what is published meanwhile waits behind', async () => {
      await scene.start(FAST);
      scene.receiver.answers = [{ status: 503, headers: { 'retry-after': '1' } }];
      await scene.subscribe({ maxInFlight: 1 });
      const failedAt = performance.now();
      const first = await scene.publish();
      const second = await scene.publish();
      expect(second.answer.undelivered).toEqual([{ url: scene.url, outcome: 'queued', stored: true }]);
      expect(scene.receiver.received).toHaveLength(1);
      await scene.receiver.waitFor(3);
      expect(performance.now() - failedAt).toBeGreaterThan(990);
      expect(scene.receivedIds).toEqual([first, first, second].map(({ answer }) => answer.id));
    });

    it('as a date is honoured too, and never for longer than the configured time', async () => {
      await scene.start({ ...FAST, RETRY_AFTER_MAX_MS: '300' });
      const nextYear = new Date(Date.now() + 360 * DAY_MS).toUTCString();
      const times = timesOfArrival(429, { 'retry-after': nextYear });
      await scene.subscribe();
      await scene.publish();
      await scene.receiver.waitFor(2);
      const [gap] = gapsOf(times);
      expect(gap).toBeGreaterThan(290);
      expect(gap).toBeLessThan(900);
    });

    it.each(['0', '-5', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT', '99999999999'])(
      'of %j changes nothing',
      async (header) => {
        await scene.start({ ...FAST, RETRY_FIRST_DELAY_MS: '100' });
        const times = timesOfArrival(503, { 'retry-after': header });
        await scene.subscribe();
        await scene.publish();
        await scene.receiver.waitFor(2);
        const [gap] = gapsOf(times);
        expect(gap).toBeGreaterThan(95);
        expect(gap).toBeLessThan(600);
      },
    );
  });

  describe('a message that its subscriber refuses with a 4xx', () => {
    const REFUSING = { ...FAST, REFUSED_RETRY_DELAYS_MS: '100,300' };

    it('is tried three times and then steps aside, and the queue goes on', async () => {
      await scene.start(REFUSING);
      const times: number[] = [];
      scene.receiver.otherwise = ({ body }) => {
        if (!body.includes('"bad"')) return 200;
        times.push(performance.now());
        return 422;
      };
      await scene.subscribe({ maxInFlight: 1 });
      const bad = await scene.publish('"bad"');
      expect(bad.answer.undelivered).toEqual([
        { url: scene.url, outcome: 'http_status', status: 422, stored: true },
      ]);
      const good = await Promise.all([scene.publish('"good"'), scene.publish('"good"')]);
      await scene.receiver.waitFor(5);
      const goodIds = good.map(({ answer }) => answer.id).sort();
      const badId = bad.answer.id;
      expect(scene.receivedIds).toEqual([badId, badId, badId, ...goodIds]);
      const [first = 0, second = 0] = gapsOf(times);
      expect(first).toBeGreaterThan(95);
      expect(second).toBeGreaterThan(295);
      await scene.expectDescribed({ state: 'live', pending: 1 });
      expect((await scene.herald.poll(scene.url)).messages).toMatchObject([
        { id: badId, data: 'bad', reason: 'http_status 422' },
      ]);
      expect((await scene.publish('"good"')).status).toBe(200);
    });

    it('that stepped aside is not pushed again after a restart, and can be acked', async () => {
      await scene.start({ ...REFUSING, REFUSED_RETRY_DELAYS_MS: '1,1' });
      scene.receiver.otherwise = 404;
      await scene.subscribe();
      const { answer } = await scene.publish();
      await scene.receiver.waitFor(3);
      await eventually(async () =>
        expect((await scene.herald.poll(scene.url)).messages[0]?.reason).toBe('http_status 404'),
      );
      await scene.start(REFUSING);
      scene.receiver.otherwise = 200;
      await scene.expectDescribed({ state: 'live' });
      expect(scene.receiver.received).toHaveLength(3);
      expect(await scene.herald.ack(scene.url, { ids: [answer.id] })).toMatchObject({ acked: 1 });
    });

    it('costs the circuit nothing, whatever it does', async () => {
      await scene.start({ ...REFUSING, CIRCUIT_FAILURES: '2', REFUSED_RETRY_DELAYS_MS: '1,1' });
      scene.receiver.otherwise = 400;
      await scene.subscribe();
      await scene.publishMany(4);
      await eventually(async () =>
        expect((await scene.herald.poll(scene.url)).messages[3]?.reason).toBe('http_status 400'),
      );
      await scene.expectDescribed({ state: 'live' });
      expect(scene.receiver.received).toHaveLength(12);
    });

    it.each([408, 425, 429])('of %i is not refused: the subscriber is in trouble', async (status) => {
      await scene.start({ ...REFUSING, REFUSED_RETRY_DELAYS_MS: '1' });
      scene.receiver.otherwise = status;
      await scene.subscribe();
      await scene.publish();
      await scene.expectDescribed({ state: 'offline' });
      expect((await scene.herald.poll(scene.url)).messages[0]).not.toHaveProperty('reason');
    });
  });

  describe('a subscriber that is given up', () => {
    it('by its own 410 gets no more pushes, keeps its backlog, and gets that when it subscribes again', async () => {
      await scene.start(FAST);
      scene.receiver.otherwise = 410;
      await scene.subscribe({ maxInFlight: 1 });
      const first = await scene.publish();
      expect(first.answer.undelivered).toEqual([
        { url: scene.url, outcome: 'http_status', status: 410, stored: true },
      ]);
      const second = await scene.publish();
      expect(second.answer.undelivered).toEqual([{ url: scene.url, outcome: 'disabled', stored: true }]);
      expect(await scene.describe()).toMatchObject({
        state: 'disabled',
        pending: 2,
        nextAttemptAt: null,
        disabled: { reason: 'gone' },
      });
      expect(scene.receiver.received).toHaveLength(1);
      scene.receiver.otherwise = 200;
      await scene.subscribe();
      await scene.expectDrained();
      expect(await scene.describe()).toMatchObject({ disabled: null });
      expect(scene.receivedIds).toEqual([first, first, second].map(({ answer }) => answer.id));
    });

    it('after five days without a success and so many probes is disabled', async () => {
      const clock = new MovableClock();
      await scene.start({ ...FAST, RETRY_MAX_DELAY_MS: '40', DISABLE_AFTER_PROBES: '4' }, clock);
      scene.receiver.otherwise = 503;
      await scene.subscribe();
      await scene.publish();
      await scene.receiver.waitFor(3 + 4 + 3);
      expect(await stateOf()).toBe('offline');
      clock.moveOn(5 * DAY_MS);
      await scene.expectDescribed({ state: 'disabled', pending: 1, disabled: { reason: 'unreachable' } });
      expect((await scene.publish()).answer.undelivered).toMatchObject([{ outcome: 'disabled' }]);
    });

    it('is given up no sooner than that after a restart, which the five days survive', async () => {
      const env = { ...FAST, RETRY_MAX_DELAY_MS: '40', DISABLE_AFTER_PROBES: '4' };
      await scene.start(env);
      scene.receiver.otherwise = 503;
      await scene.subscribe();
      await scene.publish();
      await scene.expectDescribed({ state: 'offline' });
      const { failingSince } = await scene.describe();
      const clock = new MovableClock();
      clock.moveOn(5 * DAY_MS);
      await scene.stop();
      const before = scene.receiver.received.length;
      await scene.start(env, clock);
      await scene.expectDescribed({ state: 'disabled' });
      // Three attempts open the circuit anew, and then it takes four probes.
      expect(scene.receiver.received.length - before).toBe(7);
      expect((await scene.describe()).failingSince).toBe(failingSince);
    });
  });
});
