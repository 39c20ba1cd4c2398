import type { PushResult } from '../../src/delivery/push-client';
import { StoreUnavailableError } from '../../src/errors';
import {
  type BrokerParts,
  type FakeDisk,
  newBrokerParts,
  restartedParts,
  subscribedParts,
} from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';
import { DELIVERED, type Gate, OPEN, UNAVAILABLE } from '../support/fakes';

const A = 'http://a/hook';
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const status = (code: number, retryAfter?: string): PushResult => ({
  outcome: 'http_status',
  status: code,
  durationMs: 1,
  ...(retryAfter !== undefined && { retryAfter }),
});
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

let disk: FakeDisk;
let parts: BrokerParts;

beforeEach(async () => {
  parts = await subscribedParts('orders', A);
  ({ disk } = parts);
});

const publish = (data: string) => parts.broker.publish('orders', data);
const pass = (ms: number) => parts.clock.advanceAsync(ms);

describe('a subscriber that goes away and comes back', () => {
  const publishAll = async (data: readonly string[]) => {
    for (const one of data) await publish(one);
  };
  const outcomeOf = async (data: string) => {
    const { delivered, undelivered } = await publish(data);
    return delivered.length > 0 ? 'delivered' : undelivered[0]?.outcome;
  };
  const state = () => parts.subscribers.statusOf(A).state;
  const dataTo = () => parts.push.dataTo(A);
  const answer = (result: PushResult) => (parts.push.answer = () => result);

  describe('after one failure', () => {
    beforeEach(async () => {
      answer(REFUSED);
      await publish('1');
    });

    it('has the message at the head of its backlog, and is tried again after a second', async () => {
      expect([state(), disk.messages.dataOf(A)]).toEqual(['draining', ['1']]);
      answer(DELIVERED);
      await pass(999);
      expect(dataTo()).toEqual(['1']);
      await pass(1);
      expect(dataTo()).toEqual(['1', '1']);
      expect([state(), disk.messages.dataOf(A)]).toEqual(['live', []]);
    });

    it('delivers a message that is published then behind the first, and at once', async () => {
      answer(DELIVERED);
      expect(await outcomeOf('2')).toBe('delivered');
      expect(dataTo()).toEqual(['1', '1', '2']);
      expect(disk.messages.dataOf(A)).toEqual([]);
    });

    it('stores a message that is published then with the outcome of the first, when that fails again', async () => {
      answer(status(503));
      const { undelivered } = await publish('2');
      expect(undelivered).toEqual([{ url: A, outcome: 'http_status', status: 503, stored: true }]);
      expect(dataTo()).toEqual(['1', '1']);
      expect(disk.messages.dataOf(A)).toEqual(['1', '2']);
    });
  });

  it('is offline after five failures in a row, and is not tried for a message then', async () => {
    answer(REFUSED);
    const outcomes = [];
    for (let n = 1; n <= 7; n += 1) outcomes.push(await outcomeOf(String(n)));
    expect(outcomes).toEqual([
      ...Array<string>(5).fill('connection_refused'),
      'circuit_open',
      'circuit_open',
    ]);
    expect([state(), dataTo().length]).toEqual(['offline', 5]);
  });

  it('gets one probe after 1, 2, 4 … seconds up to 15 minutes, and is disabled after five days', async () => {
    answer(REFUSED);
    for (let n = 1; n <= 5; n += 1) await publish(String(n));
    const openedAt = parts.clock.now();
    const times: number[] = [];
    parts.push.answer = () => {
      times.push((parts.clock.now() - openedAt) / SECOND);
      return REFUSED;
    };
    await pass(5 * DAY + 20 * MINUTE);
    const expected: number[] = [];
    for (let at = 1, pause = 2; at <= 5 * 86_400 + 900; at += pause, pause = Math.min(900, pause * 2))
      expected.push(at);
    expect(times.slice(0, 13)).toEqual([1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1923, 2823, 3723]);
    expect(times).toEqual(expected.filter((at) => at <= Number(times.at(-1))));
    expect(Number(times.at(-1))).toBeGreaterThanOrEqual(5 * 86_400);
    expect([state(), parts.clock.pendingTimers]).toEqual(['disabled', 0]);
    expect(disk.subscribers.records.get(A)?.disabled).toMatchObject({ reason: 'unreachable' });
    expect(await outcomeOf('6')).toBe('disabled');
    expect(disk.messages.dataOf(A)).toHaveLength(6);
  });

  it.each([
    [0, 0.8],
    [0.999_999, 1.2],
  ])('spreads the pauses by 20 %% (random %d: times %d)', async (random, factor) => {
    parts = newBrokerParts({ disk, random: () => random });
    await parts.subscriptions.subscribe('orders', A);
    answer(REFUSED);
    for (let n = 1; n <= 5; n += 1) await publish(String(n));
    await pass(1000 * factor - 1);
    expect(dataTo()).toHaveLength(5);
    await pass(1);
    expect(dataTo()).toHaveLength(6);
    await pass(2000 * factor);
    expect(dataTo()).toHaveLength(7);
  });

  it('gets its backlog in order once a probe succeeded: one at first, then 2, 4 … at once', async () => {
    answer(REFUSED);
    await publishAll(Array.from({ length: 40 }, (_, n) => String(n)));
    const underway: ((result: PushResult) => void)[] = [];
    parts.push.answer = () => new Promise((resolve) => underway.push(resolve));
    parts.push.pushes.length = 0;
    const rounds: number[] = [];
    await pass(SECOND);
    while (underway.length > 0) {
      rounds.push(underway.length);
      for (const resolve of underway.splice(0)) resolve({ ...DELIVERED, durationMs: 5 });
      await settled();
    }
    expect(rounds).toEqual([1, 2, 4, 8, 16, 9]);
    expect(dataTo()).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
    expect([state(), disk.messages.dataOf(A)]).toEqual(['live', []]);
  });

  it('neither loses nor lets overtake what is published while the end of the backlog is being read', async () => {
    answer(REFUSED);
    await publish('1');
    answer(DELIVERED);
    // The second read is the one that finds nothing left.
    const read = deferred();
    let reads = 0;
    const hold: Gate = (operation) =>
      operation === 'pending' && ++reads === 2 ? read.promise : Promise.resolve();
    disk.messages.gate = hold;
    await pass(SECOND);
    const publishing = [publish('2'), publish('3')];
    await settled();
    read.resolve();
    const results = await Promise.all(publishing);
    expect(results.map(({ undelivered }) => undelivered)).toEqual([[], []]);
    expect(dataTo()).toEqual(['1', '1', '2', '3']);
    expect([state(), disk.messages.dataOf(A)]).toEqual(['live', []]);
  });

  describe('Retry-After', () => {
    it('postpones the next attempt, and never hastens it', async () => {
      answer(status(503, '30'));
      await publish('1');
      expect(await outcomeOf('2')).toBe('queued');
      answer(DELIVERED);
      await pass(29_999);
      expect(dataTo()).toEqual(['1']);
      await pass(1);
      expect(dataTo()).toEqual(['1', '1', '2']);
    });

    it.each(['-5', '0', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT', '99999999999'])(
      'is ignored when it makes no sense (%s)',
      async (header) => {
        answer(status(429, header));
        await publish('1');
        answer(DELIVERED);
        await pass(SECOND);
        expect(dataTo()).toEqual(['1', '1']);
      },
    );
  });

  describe('a message that is refused', () => {
    beforeEach(async () => {
      parts.push.answer = () => (dataTo().at(-1) === '1' ? status(400) : DELIVERED);
      await publish('1');
      await publish('2');
    });

    it('is tried three times, 5 and 30 seconds apart, then set aside, and the queue goes on', async () => {
      await pass(5 * SECOND);
      expect(dataTo()).toEqual(['1', '1']);
      await pass(30 * SECOND);
      expect(dataTo()).toEqual(['1', '1', '1', '2']);
      expect(state()).toBe('live');
      const { messages } = await parts.backlog.poll(A, {
        limit: 10,
        waitMs: 0,
        gone: new AbortController().signal,
      });
      expect(messages).toMatchObject([{ data: '1', asideReason: 'http_status 400' }]);
    });

    it('is not pushed again after a restart, nor when the subscriber fails and comes back', async () => {
      await pass(35 * SECOND);
      const restarted = await restartedParts(parts);
      await pass(10 * SECOND);
      expect(restarted.push.dataTo(A)).toEqual([]);
      restarted.push.answer = () => REFUSED;
      await restarted.broker.publish('orders', '3');
      restarted.push.answer = () => DELIVERED;
      await pass(SECOND);
      expect(restarted.push.dataTo(A)).toEqual(['3', '3']);
    });

    it('does not count towards the circuit', async () => {
      await pass(35 * SECOND);
      answer(status(404));
      for (let n = 10; n < 20; n += 1) await publish(String(n));
      expect(state()).toBe('draining');
    });
  });

  it('is disabled by 410, keeps its backlog, and gets it when it subscribes again', async () => {
    answer(status(410));
    expect(await outcomeOf('1')).toBe('http_status');
    expect(state()).toBe('disabled');
    expect(await outcomeOf('2')).toBe('disabled');
    await pass(DAY);
    expect(dataTo()).toEqual(['1']);
    answer(DELIVERED);
    await parts.admin.subscribe('orders', A, {});
    await pass(0);
    expect(dataTo()).toEqual(['1', '1', '2']);
    expect([state(), disk.messages.dataOf(A)]).toEqual(['live', []]);
  });

  it('marks the message received that was, and not the one at the head', async () => {
    answer(REFUSED);
    await publishAll(['1', '2', '3']);
    let pushes = 0;
    parts.push.answer = () => (++pushes === 3 ? REFUSED : { ...DELIVERED, durationMs: 5 });
    await pass(3 * SECOND);
    expect(dataTo().slice(3)).toEqual(['1', '2', '3', '3']);
    expect(disk.messages.dataOf(A)).toEqual([]);
  });

  it('does not push twice what it could not mark', async () => {
    answer(REFUSED);
    await publishAll(['1', '2']);
    answer(DELIVERED);
    disk.messages.gate = (operation) =>
      operation === 'markReceived' ? UNAVAILABLE(operation, A) : Promise.resolve();
    await pass(10 * SECOND);
    expect(dataTo().slice(2)).toEqual(['1', '2']);
    disk.messages.gate = () => Promise.resolve();
    await pass(2 * SECOND);
    expect(disk.messages.dataOf(A)).toEqual([]);
    expect(dataTo().slice(2)).toEqual(['1', '2']);
  });

  it('goes on when the store is gone for a while', async () => {
    answer(REFUSED);
    await publish('1');
    answer(DELIVERED);
    disk.messages.gate = UNAVAILABLE;
    await pass(5 * SECOND);
    expect(dataTo()).toEqual(['1']);
    disk.messages.gate = () => Promise.resolve();
    await pass(2 * SECOND);
    expect(dataTo()).toEqual(['1', '1']);
    expect(state()).toBe('live');
  });

  it('is not pushed to when it is subscribed to nothing any more, and is when it is again', async () => {
    answer(REFUSED);
    await publish('1');
    await parts.subscriptions.unsubscribe('orders', A);
    answer(DELIVERED);
    await pass(MINUTE);
    expect([dataTo(), state()]).toEqual([['1'], 'poll']);
    await parts.admin.subscribe('other', A, {});
    await pass(SECOND);
    expect([dataTo(), state()]).toEqual([['1', '1'], 'live']);
  });

  it('has no timer while there is nothing to do', async () => {
    answer(REFUSED);
    await publish('1');
    answer(DELIVERED);
    await pass(SECOND);
    expect(parts.clock.pendingTimers).toBe(0);
  });
});

describe('the settings of a subscriber', () => {
  const outcomeOf = async (data: string) => (await publish(data)).undelivered[0]?.outcome ?? 'delivered';

  it('maxInFlight: one more waits for its turn, and is stored when that does not come in time', async () => {
    await parts.admin.change(A, { maxInFlight: 2 });
    await pass(0);
    const hanging = deferred<PushResult>();
    parts.push.answer = () => hanging.promise;
    const publishing = ['1', '2', '3'].map((data) => publish(data));
    await pass(5 * SECOND);
    const third = await publishing[2];
    expect(third?.undelivered).toEqual([{ url: A, outcome: 'queued', stored: true }]);
    expect(parts.push.dataTo(A)).toEqual(['1', '2']);
    hanging.resolve(DELIVERED);
    await Promise.all(publishing);
    await pass(SECOND);
    expect(parts.push.dataTo(A)).toEqual(['1', '2', '3']);
  });

  it('maxPerSecond: what is over the rate waits in the backlog, and goes out evenly', async () => {
    await parts.admin.change(A, { maxPerSecond: 10 });
    await pass(SECOND);
    const startedAt = parts.clock.now();
    const times: number[] = [];
    parts.push.answer = () => {
      times.push(parts.clock.now() - startedAt);
      return DELIVERED;
    };
    for (let n = 0; n < 100; n += 1) await publish(String(n));
    await pass(10 * SECOND);
    expect(times.length).toBeGreaterThanOrEqual(95);
    expect(times.length).toBeLessThanOrEqual(105);
    const gaps = times.slice(2).map((time, n) => time - Number(times[n + 1]));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(95);
    expect(disk.messages.dataOf(A)).toEqual([]);
    expect(parts.push.dataTo(A)).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  });

  it('paused: everything is stored, and pushed in order once it is resumed', async () => {
    await parts.admin.change(A, { paused: true });
    expect(await outcomeOf('1')).toBe('paused');
    expect(await outcomeOf('2')).toBe('paused');
    await parts.admin.change(A, { paused: false });
    await pass(0);
    expect(parts.push.dataTo(A)).toEqual(['1', '2']);
    expect(await outcomeOf('3')).toBe('delivered');
  });

  it('delivery poll: it is never pushed', async () => {
    await parts.admin.change(A, { delivery: 'poll' });
    expect(await outcomeOf('1')).toBe('poll_only');
    await pass(DAY);
    expect(parts.push.dataTo(A)).toEqual([]);
    expect(disk.messages.dataOf(A)).toEqual(['1']);
  });

  it('redelivery false: each message is pushed once, and the next one is the probe', async () => {
    await parts.admin.change(A, { redelivery: false });
    parts.push.answer = () => REFUSED;
    for (let n = 1; n <= 5; n += 1) expect(await outcomeOf(String(n))).toBe('connection_refused');
    expect(await outcomeOf('6')).toBe('circuit_open');
    parts.push.answer = () => DELIVERED;
    await pass(SECOND);
    expect(await outcomeOf('7')).toBe('delivered');
    await pass(DAY);
    expect(parts.push.dataTo(A)).toEqual(['1', '2', '3', '4', '5', '7']);
    expect(disk.messages.dataOf(A)).toHaveLength(6);
  });

  it.each(['drop_oldest', 'drop_newest'] as const)(
    'backlog: never more than maxMessages, %s',
    async (overflow) => {
      await parts.admin.change(A, { paused: true, backlog: { maxMessages: 100, overflow } });
      const results = await Promise.all(Array.from({ length: 250 }, (_, n) => publish(String(n))));
      const dropped = results.reduce((sum, { undelivered }) => sum + (undelivered[0]?.dropped ?? 0), 0);
      expect([dropped, disk.messages.dataOf(A).length]).toEqual([150, 100]);
      expect(disk.messages.dataOf(A)[0]).toBe(overflow === 'drop_oldest' ? '150' : '0');
      const isStored = results.map(({ undelivered }) => undelivered[0]?.stored);
      expect(isStored.filter(Boolean)).toHaveLength(overflow === 'drop_oldest' ? 250 : 100);
      expect(parts.dropped.reduce((sum, [, count]) => sum + count, 0)).toBe(150);
    },
  );

  it.each([
    ['an ack of ids', (ids: string[]) => parts.backlog.ack(A, { ids })],
    ['an ack up to a cursor', () => parts.backlog.ack(A, { upTo: disk.messages.positions(A)[2] ?? '' })],
    ['a purge', () => parts.backlog.purge(A)],
    ['a poll', () => parts.backlog.take([A], 10, async (source) => void (await source.next()))],
    ['a replay', ([id = '']: string[]) => parts.replay.push(A, id)],
  ])('backlog: nothing is dropped in place of what %s took away that failed half done', async (_, remove) => {
    await parts.admin.change(A, { paused: true, backlog: { maxMessages: 3 } });
    const ids: string[] = [];
    for (const data of ['1', '2', '3']) ids.push((await publish(data)).id);
    disk.messages.gate = async (operation) => {
      if (!/^mark|^purge/.test(operation)) return;
      disk.messages.gate = OPEN;
      await disk.messages.purge(A, { limit: 2 });
      throw new StoreUnavailableError('the answer was lost');
    };
    await expect(remove(ids)).rejects.toThrow(StoreUnavailableError);
    for (const data of ['4', '5', '6']) await publish(data);
    expect(disk.messages.dataOf(A)).toEqual(['4', '5', '6']);
    expect(parts.dropped).toEqual([[A, 1]]);
  });

  it('an ack takes back what waits to be pushed', async () => {
    await parts.admin.change(A, { paused: true });
    const { id } = await publish('1');
    await publish('2');
    await expect(parts.backlog.ack(A, { ids: [id, 'msg_unknown'] })).resolves.toEqual({
      acked: 1,
      unknown: ['msg_unknown'],
    });
    await parts.admin.change(A, { paused: false });
    await pass(0);
    expect(parts.push.dataTo(A)).toEqual(['2']);
  });
});
