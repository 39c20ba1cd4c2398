import { Overview } from '../../src/broker/overview';
import type { PushResult } from '../../src/delivery/push-client';
import { Kept } from '../../src/metrics/kept';
import { type BrokerParts, newBrokerParts, restartedParts, subscribedParts } from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';
import { DELIVERED } from '../support/fakes';

const A = 'http://a/hook';
const B = 'http://b/hook';
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let parts: BrokerParts;

beforeEach(async () => {
  parts = await subscribedParts('orders', A);
});

const publish = (data = '1') => parts.broker.publish('orders', data);
const outcome = async () => {
  const { delivered, undelivered } = await publish();
  return delivered.length > 0 ? 'delivered' : undelivered[0]?.outcome;
};
const pass = (ms: number) => parts.clock.advanceAsync(ms);
const step = (ms: number) => parts.clock.step(ms);
const answer = (result: PushResult) => (parts.push.answer = () => result);
const state = () => parts.subscribers.statusOf(A).state;
const pushed = () => parts.push.dataTo(A);
async function goOffline(): Promise<void> {
  answer(REFUSED);
  for (let n = 1; n <= 6; n += 1) await publish(String(n));
}

describe.each([
  ['back', -HOUR],
  ['ahead', HOUR],
])("when the machine's clock is set %s by an hour", (_name, ms) => {
  it('a retry is made when it was due', async () => {
    answer(REFUSED);
    await publish();
    answer(DELIVERED);
    step(ms);
    await pass(999);
    expect(pushed()).toHaveLength(1);
    await pass(1);
    expect([pushed().length, state()]).toEqual([2, 'live']);
  });

  it('an offline subscriber is probed when it was due, and says when that is', async () => {
    await goOffline();
    answer(DELIVERED);
    step(ms);
    const dueAt = new Date(parts.clock.now() + SECOND).toISOString().slice(0, 19);
    expect(parts.subscribers.statusOf(A).nextAttemptAt?.slice(0, 19)).toBe(dueAt);
    await pass(999);
    expect(state()).toBe('offline');
    await pass(1);
    expect([state(), await outcome()]).toEqual(['live', 'delivered']);
  });

  it('the next message probes an offline subscriber that has no backlog, when it is due', async () => {
    await parts.admin.change(A, { redelivery: false });
    await goOffline();
    step(ms);
    expect(await outcome()).toBe('circuit_open');
    await pass(SECOND);
    answer(DELIVERED);
    expect(await outcome()).toBe('delivered');
  });

  it('a Retry-After holds for as long as it said', async () => {
    answer({ outcome: 'http_status', status: 503, retryAfter: '30', durationMs: 1 });
    await publish();
    answer(DELIVERED);
    step(ms);
    expect(await outcome()).toBe('queued');
    await pass(30 * SECOND - 1);
    expect(pushed()).toHaveLength(1);
    await pass(1);
    expect(state()).toBe('live');
  });

  it('a message that is refused is tried again when it was due', async () => {
    answer({ outcome: 'http_status', status: 400, durationMs: 1 });
    await publish();
    step(ms);
    await pass(5 * SECOND - 1);
    expect(pushed()).toHaveLength(1);
    await pass(1);
    expect(pushed()).toHaveLength(2);
    step(ms);
    await pass(30 * SECOND);
    expect(pushed()).toHaveLength(3);
  });

  it('the rate that a subscriber wants is kept', async () => {
    await parts.admin.change(A, { maxPerSecond: 10 });
    await pass(SECOND);
    expect(await outcome()).toBe('delivered');
    step(ms);
    expect(await outcome()).toBe('queued');
    await pass(SECOND);
    expect(pushed()).toHaveLength(2);
    expect(await outcome()).toBe('delivered');
  });

  it('a poll that waits is answered in time', async () => {
    const gone = new AbortController().signal;
    let isAnswered = false;
    const polling = parts.backlog.poll(B, { limit: 1, waitMs: 2000, gone }).then(() => (isAnswered = true));
    await settled();
    step(ms);
    await pass(1999);
    expect(isAnswered).toBe(false);
    await pass(1);
    expect(isAnswered).toBe(true);
    await polling;
  });

  it('a push that had to wait for others of its subscriber has what is left of its time', async () => {
    await parts.admin.change(A, { maxInFlight: 1 });
    const first = deferred<PushResult>();
    parts.push.answer = () => first.promise;
    const publishing = [publish('1'), publish('2')];
    await pass(SECOND);
    step(ms);
    first.resolve(DELIVERED);
    await Promise.all(publishing);
    expect(parts.push.pushes.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, 4000]);
  });

  it('a push that had to wait for those of all has what is left of its time', async () => {
    parts = newBrokerParts({ limit: 1 });
    for (const url of [A, B]) await parts.subscriptions.subscribe('orders', url);
    const first = deferred<PushResult>();
    parts.push.answer = () => first.promise;
    const publishing = publish();
    await pass(SECOND);
    step(ms);
    first.resolve(DELIVERED);
    await publishing;
    expect(parts.push.pushes.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, 4000]);
  });

  it('a full backlog is counted anew when it was due, so that none is dropped in vain', async () => {
    await parts.admin.change(A, { delivery: 'poll', backlog: { maxMessages: 2 } });
    for (const data of ['1', '2', '3']) await publish(data);
    expect([parts.dropped, parts.disk.messages.dataOf(A)]).toEqual([[[A, 1]], ['2', '3']]);
    await pass(4 * SECOND);
    // As when it expires.
    await parts.disk.messages.purge(A, { limit: 1 });
    step(ms);
    await pass(SECOND);
    await publish('4');
    expect([parts.dropped.length, parts.disk.messages.dataOf(A)]).toEqual([1, ['3', '4']]);
  });

  it('a publish says how long it took', async () => {
    const push = deferred<PushResult>();
    parts.push.answer = () => push.promise;
    const publishing = publish();
    await pass(20);
    step(ms);
    push.resolve(DELIVERED);
    await publishing;
    expect(parts.logged.lines('message.published')).toMatchObject([{ duration_ms: 20 }]);
  });

  it('what is kept for a while is neither renewed sooner nor kept longer', async () => {
    let taken = 0;
    const take = () => Promise.resolve((taken += 1));
    const kept = new Kept({
      clock: parts.clock,
      take,
      onFault: (error) => {
        throw error;
      },
      keepMs: 1000,
      waitMs: 0,
      staleMs: 1000,
    });
    await kept.get();
    step(ms);
    await pass(999);
    expect(await kept.get()).toBe(1);
    await pass(1);
    expect(await kept.get()).toBe(2);
  });

  it('an overview is the same for a quarter of a second', async () => {
    const { subscriptions, subscribers, backlog, clock, disk } = parts;
    const overview = new Overview({ store: disk.messages, subscriptions, subscribers, backlog, clock });
    const first = overview.take();
    step(ms);
    await pass(249);
    expect(overview.take()).toBe(first);
    await pass(1);
    expect(overview.take()).not.toBe(first);
  });
});

describe('a subscriber that fails', () => {
  const disabled = () => parts.disk.subscribers.records.get(A)?.disabled;

  it('is not given up for a clock that was days ahead for a while', async () => {
    await goOffline();
    await pass(HOUR);
    step(6 * DAY);
    await pass(HOUR);
    expect([state(), disabled()]).toEqual(['offline', null]);
    step(-6 * DAY);
    answer(DELIVERED);
    await pass(HOUR);
    expect([state(), pushed().slice(-6)]).toEqual(['live', ['1', '2', '3', '4', '5', '6']]);
  });

  it('is given up after five days, however far the clock is set back', async () => {
    await goOffline();
    await pass(DAY);
    step(-30 * DAY);
    await pass(4 * DAY + HOUR);
    expect(disabled()).toMatchObject({ reason: 'unreachable' });
  });

  it('is given up at most five days after a restart with a clock that was set back', async () => {
    await goOffline();
    step(-30 * DAY);
    parts = await restartedParts(parts);
    answer(REFUSED);
    await pass(5 * DAY - HOUR);
    expect(state()).toBe('offline');
    expect(parts.subscribers.statusOf(A).failingSince).toBeLessThanOrEqual(parts.clock.now());
    await pass(2 * HOUR);
    expect(disabled()).toMatchObject({ reason: 'unreachable' });
  });
});
