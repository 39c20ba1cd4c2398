import type { PushResult } from '../../src/delivery/push-client';
import { type BrokerParts, type FakeDisk, subscribedParts } from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';
import { DELIVERED } from '../support/fakes';

const A = 'http://a/hook';
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const SECOND = 1000;

let disk: FakeDisk;
let parts: BrokerParts;
/** Ends the pushes under way, in their order. */
let underway: ((result: PushResult) => void)[];

beforeEach(async () => {
  parts = await subscribedParts('orders', A);
  ({ disk } = parts);
  underway = [];
});

const publish = (data: string) => parts.broker.publish('orders', data);
const pass = (ms: number) => parts.clock.advanceAsync(ms);
const state = () => parts.subscribers.statusOf(A).state;
const answer = (result: PushResult) => (parts.push.answer = () => result);
const hold = () => (parts.push.answer = () => new Promise((resolve) => underway.push(resolve)));
const redelivery = (isOn: boolean) => parts.admin.change(A, { redelivery: isOn });
const outcomeOf = async (data: string) => {
  const { delivered, undelivered } = await publish(data);
  return delivered.length > 0 ? 'delivered' : undelivered[0]?.outcome;
};

describe('redelivery that is turned off', () => {
  it('while the backlog waits to be pushed: new messages are pushed at once, and the backlog stays', async () => {
    answer(REFUSED);
    await publish('1');
    await redelivery(false);
    answer(DELIVERED);
    expect(state()).toBe('live');
    expect(await outcomeOf('2')).toBe('delivered');
    await pass(60 * SECOND);
    expect([parts.push.dataTo(A), disk.messages.dataOf(A)]).toEqual([['1', '2'], ['1']]);
    expect(parts.subscribers.statusOf(A).nextAttemptAt).toBeNull();
  });

  it('while it is offline: the next message is the probe, once that is due', async () => {
    answer(REFUSED);
    for (let n = 1; n <= 5; n += 1) await publish(String(n));
    await redelivery(false);
    answer(DELIVERED);
    expect([state(), await outcomeOf('6')]).toEqual(['offline', 'circuit_open']);
    parts.push.pushes.length = 0;
    await pass(60 * SECOND);
    expect(parts.push.dataTo(A)).toEqual([]);
    expect([await outcomeOf('7'), state()]).toEqual(['delivered', 'live']);
  });

  it.each([
    ['is received', DELIVERED, ['2']],
    ['fails', REFUSED, ['1', '2']],
  ])(
    'while a push of the backlog is under way that %s: new messages follow it',
    async (_how, result, left) => {
      await parts.admin.change(A, { paused: true, maxInFlight: 1 });
      for (const data of ['1', '2']) await publish(data);
      hold();
      await parts.admin.change(A, { paused: false });
      await pass(0);
      await redelivery(false);
      const publishing = Promise.all(['3', '4'].map(outcomeOf));
      await settled();
      expect(parts.push.dataTo(A)).toEqual(['1']);
      answer(DELIVERED);
      underway[0]?.(result);
      expect(await publishing).toEqual(['delivered', 'delivered']);
      await pass(60 * SECOND);
      expect([parts.push.dataTo(A), disk.messages.dataOf(A)]).toEqual([['1', '3', '4'], left]);
      expect(state()).toBe('live');
    },
  );

  it('while the backlog is about to be read: those that wait for their turn keep it', async () => {
    const backlog = ['1', '2', '3', '4', '5'];
    await parts.admin.change(A, { paused: true, maxInFlight: 1 });
    for (const data of backlog) await publish(data);
    const marking = deferred();
    disk.messages.gate = (operation) => (operation === 'markReceived' ? marking.promise : Promise.resolve());
    hold();
    await parts.admin.change(A, { paused: false });
    await pass(0);
    underway.shift()?.(DELIVERED);
    await settled();
    underway.shift()?.(REFUSED);
    await pass(SECOND);
    await redelivery(false);
    const publishing = Promise.all(['6', '7'].map(outcomeOf));
    await settled();
    marking.resolve();
    await settled();
    answer(DELIVERED);
    underway.shift()?.(DELIVERED);
    expect(await publishing).toEqual(['delivered', 'delivered']);
    expect(parts.push.dataTo(A)).toEqual(['1', '2', '6', '7']);
  });

  it('and on again: the backlog is pushed, in order, each message once', async () => {
    answer(REFUSED);
    for (const data of ['1', '2']) await publish(data);
    await redelivery(false);
    await publish('3');
    parts.push.pushes.length = 0;
    answer(DELIVERED);
    await redelivery(true);
    expect(state()).toBe('draining');
    await pass(60 * SECOND);
    expect(parts.push.dataTo(A)).toEqual(['1', '2', '3']);
    expect([state(), disk.messages.dataOf(A)]).toEqual(['live', []]);
  });
});
