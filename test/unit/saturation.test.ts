import type { PushResult } from '../../src/delivery/push-client';
import { type BrokerParts, newBrokerParts } from '../support/broker-parts';
import { DELIVERED } from '../support/fakes';

const PUSH_TIMEOUT_MS = 5000;
/** The answer of one that hangs. */
function timeoutOf({ clock }: BrokerParts): Promise<PushResult> {
  return new Promise((resolve) => {
    clock.setTimer(() => resolve({ outcome: 'timeout', durationMs: PUSH_TIMEOUT_MS }), PUSH_TIMEOUT_MS);
  });
}

const HANGING = Array.from({ length: 12 }, (_, n) => `http://hanging${n}/hook`);

describe('more subscribers that hang than there may be pushes under way', () => {
  it('go offline all the same, so that the turns are free for the others again', async () => {
    const parts = newBrokerParts({ limit: 4, pushTimeoutMs: PUSH_TIMEOUT_MS });
    const { clock, push, subscribers, broker } = parts;
    for (const url of HANGING) await parts.subscriptions.subscribe('orders', url);
    push.answer = () => timeoutOf(parts);
    const publishing = broker.publish('orders', '1');
    await clock.advanceAsync(2 * PUSH_TIMEOUT_MS);
    await publishing;
    // Without a publish that could begin a push with a place free: only redelivery goes on.
    await clock.advanceAsync(40 * PUSH_TIMEOUT_MS);
    const states = HANGING.map((url) => subscribers.statusOf(url).state);
    expect(new Set(states)).toEqual(new Set(['offline']));
    expect(parts.limiter.waiting).toBe(0);
  });
});

describe('a subscriber that works', () => {
  it('gets its messages at once, however many others hang', async () => {
    const parts = newBrokerParts({ limit: 4, unprovenLimit: 2, pushTimeoutMs: PUSH_TIMEOUT_MS });
    const { clock, push, subscriptions, broker } = parts;
    await subscriptions.subscribe('good', 'http://good/hook');
    await broker.publish('good', '0');
    for (const url of HANGING) await subscriptions.subscribe('orders', url);
    push.answer = (url) => (url === 'http://good/hook' ? DELIVERED : timeoutOf(parts));
    const publishing = broker.publish('orders', '1');
    for (let n = 0; n < 20; n += 1) {
      await clock.advanceAsync(1000);
      await expect(broker.publish('good', '1')).resolves.toMatchObject({ undelivered: [] });
    }
    await publishing;
  });
});

describe('a push whose turn comes late', () => {
  const late = async (waitMs: number): Promise<PushResult['outcome'] | undefined> => {
    const parts = newBrokerParts({ limit: 1, pushTimeoutMs: PUSH_TIMEOUT_MS });
    const { clock, push, broker } = parts;
    await parts.subscriptions.subscribe('slow', 'http://slow/hook');
    await parts.subscriptions.subscribe('orders', 'http://hanging/hook');
    const times = [waitMs, PUSH_TIMEOUT_MS - waitMs];
    push.answer = () =>
      new Promise<PushResult>((resolve) => {
        clock.setTimer(() => resolve({ outcome: 'timeout', durationMs: 1 }), times.shift() ?? 0);
      });
    const slow = broker.publish('slow', '1');
    const publishing = broker.publish('orders', '1');
    await clock.advanceAsync(2 * PUSH_TIMEOUT_MS);
    await slow;
    return (await publishing).undelivered[0]?.outcome as PushResult['outcome'] | undefined;
  };

  it.each([
    [2400, 'timeout'],
    [2600, 'queued'],
  ])('after %d ms of 5000 is a %s when it is not answered in time', async (waitMs, outcome) => {
    await expect(late(waitMs)).resolves.toBe(outcome);
  });
});
