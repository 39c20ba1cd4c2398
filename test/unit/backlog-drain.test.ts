import type { PushResult } from '../../src/delivery/push-client';
import { FakeDisk, newBrokerParts } from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';
import { DELIVERED } from '../support/fakes';

const HOOK = 'http://a/hook';
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const SLOWLY_DELIVERED: PushResult = { ...DELIVERED, durationMs: 5 };
const DATA = Array.from({ length: 20 }, (_, n) => String(n));
/** With the slow start, four are under way in the third round: the messages 3 to 6. */
const ROUNDS = 2;

async function subscribed() {
  const disk = new FakeDisk();
  const parts = newBrokerParts({ disk });
  await parts.subscriptions.subscribe('orders', HOOK);
  return { ...parts, disk };
}

/** The messages are in the backlog, and the first is under way again; `underway` answers the pushes, in their order. */
async function beginRedelivery(messages: readonly string[]) {
  const parts = await subscribed();
  const { broker, clock, push } = parts;
  push.answer = () => REFUSED;
  for (const data of messages) await broker.publish('orders', data);
  push.pushes.length = 0;
  const underway: ((result: PushResult) => void)[] = [];
  push.answer = () => new Promise((resolve) => underway.push(resolve));
  await clock.advanceAsync(1000);
  return { ...parts, underway };
}

// The failure is learned of at any point of the turn that a success has just begun.
it.each(Array.from({ length: 16 }, (_, n) => n))(
  'a backlog is pushed once when one push of several fails %d steps after another succeeded',
  async (steps) => {
    const { clock, disk, push, subscribers, underway } = await beginRedelivery(DATA);
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const resolve of underway.splice(0)) resolve(SLOWLY_DELIVERED);
      await settled();
    }

    const [first, second, ...others] = underway.splice(0);
    first?.(SLOWLY_DELIVERED);
    for (let n = 0; n < steps; n += 1) await Promise.resolve();
    second?.(REFUSED);
    await settled();
    push.answer = () => DELIVERED;
    for (const resolve of [...others, ...underway]) resolve(DELIVERED);
    await clock.advanceAsync(60_000);

    expect(push.dataTo(HOOK).toSorted()).toEqual([...DATA, '4'].toSorted());
    expect([subscribers.statusOf(HOOK).state, disk.messages.dataOf(HOOK)]).toEqual(['live', []]);
  },
);

it('a push that fails while the end of the backlog is read is made again', async () => {
  const { clock, disk, push, subscribers, underway } = await beginRedelivery(['0', '1', '2']);
  underway[0]?.(SLOWLY_DELIVERED);
  await settled();
  const read = deferred();
  disk.messages.gate = (operation) => (operation === 'pending' ? read.promise : Promise.resolve());
  underway[1]?.(SLOWLY_DELIVERED);
  await settled();
  underway[2]?.(REFUSED);
  await settled();
  push.answer = () => DELIVERED;
  read.resolve();
  await settled();

  expect(subscribers.statusOf(HOOK).state).toBe('draining');
  await clock.advanceAsync(60_000);
  expect(push.dataTo(HOOK)).toEqual(['0', '1', '2', '2']);
  expect([subscribers.statusOf(HOOK).state, disk.messages.dataOf(HOOK)]).toEqual(['live', []]);
});

it('a queue is kept until what was received is marked, or a new one would push it again', async () => {
  const { broker, clock, disk, push, subscribers } = await subscribed();
  push.answer = () => REFUSED;
  await broker.publish('orders', '0');
  push.answer = () => DELIVERED;
  const marked = deferred();
  disk.messages.gate = (operation) => (operation === 'markReceived' ? marked.promise : Promise.resolve());
  await clock.advanceAsync(1000);

  const queue = subscribers.queueOf(HOOK);
  expect([queue.status.state, queue.isDisposable]).toEqual(['live', false]);
  marked.resolve();
  await settled();
  expect(queue.isDisposable).toBe(true);
});

it('what expires after it was read, since its subscriber takes few per second, is not pushed', async () => {
  const { broker, clock, push, subscribers } = await subscribed();
  const backlog = { maxMessages: 100, maxAgeSeconds: 5, overflow: 'drop_oldest' } as const;
  await subscribers.changeSettings(HOOK, { maxPerSecond: 1, backlog });
  const publishedAt = clock.now();
  const times: number[] = [];
  push.answer = () => {
    times.push(clock.now() - publishedAt);
    return times.length === 1 ? REFUSED : DELIVERED;
  };
  for (const data of DATA) await broker.publish('orders', data);
  await clock.advanceAsync(60_000);

  expect(times).toEqual([0, 1000, 2000, 3000, 4000]);
  expect(push.dataTo(HOOK)).toEqual(['0', '0', '1', '2', '3']);
});
