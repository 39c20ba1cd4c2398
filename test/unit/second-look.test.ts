import type { PushResult } from '../../src/delivery/push-client';
import { StoreUnavailableError } from '../../src/errors';
import { type BrokerParts, type FakeDisk, subscribedParts } from '../support/broker-parts';
import { deferred } from '../support/deferred';
import { DELIVERED, OPEN, UNAVAILABLE } from '../support/fakes';

const A = 'http://a/hook';
const SECOND = 1000;

describe('a copy that may have been stored although the store failed', () => {
  let disk: FakeDisk;
  let parts: BrokerParts;

  beforeEach(async () => {
    parts = await subscribedParts('orders', A);
    ({ disk } = parts);
  });

  const publish = (data: string, options = {}) => parts.broker.publish('orders', data, options);
  const pass = (ms: number) => parts.clock.advanceAsync(ms);
  const state = () => parts.subscribers.statusOf(A).state;

  /** The store does what it is asked to after `ms`, and its answer is lost; until it is opened it answers nothing. */
  function loseAnswers(ms = 0): void {
    const put = disk.messages.put.bind(disk.messages);
    jest.spyOn(disk.messages, 'put').mockImplementation((...copies) => {
      parts.clock.setTimer(() => void put(...copies), ms);
      return Promise.reject(new StoreUnavailableError('no answer'));
    });
    disk.messages.gate = (operation) => (operation === 'put' ? Promise.resolve() : UNAVAILABLE('', ''));
  }

  function work(): void {
    jest.restoreAllMocks();
    disk.messages.gate = OPEN;
  }

  it('is pushed once the store works, to a subscriber that is live', async () => {
    loseAnswers();
    const { undelivered } = await publish('1', { respondAsync: true });
    expect(undelivered).toMatchObject([{ outcome: 'store_failed', stored: false }]);
    await pass(20 * SECOND);
    expect([parts.push.dataTo(A), state()]).toEqual([[], 'live']);
    work();
    await pass(SECOND);
    expect([parts.push.dataTo(A), disk.messages.dataOf(A), state()]).toEqual([['1'], [], 'live']);
  });

  it('is pushed also when the store carries it out later than it works again', async () => {
    loseAnswers(5 * SECOND);
    await publish('1', { respondAsync: true });
    work();
    await pass(4 * SECOND);
    expect(parts.push.dataTo(A)).toEqual([]);
    await pass(8 * SECOND);
    expect([parts.push.dataTo(A), disk.messages.dataOf(A), state()]).toEqual([['1'], [], 'live']);
  });

  it('is marked, and not pushed again, when the push that was under way succeeds', async () => {
    const answer = deferred<PushResult>();
    parts.push.answer = () => answer.promise;
    loseAnswers();
    const publishing = publish('1', { waitMs: SECOND });
    await pass(SECOND);
    expect((await publishing).undelivered).toMatchObject([{ outcome: 'store_failed', stored: false }]);
    answer.resolve(DELIVERED);
    await pass(2 * SECOND);
    expect(disk.messages.dataOf(A)).toEqual(['1']);
    work();
    await pass(20 * SECOND);
    expect([parts.push.dataTo(A), disk.messages.dataOf(A), state()]).toEqual([['1'], [], 'live']);
  });

  it('leaves a subscriber live, and nothing to look for, where there is none', async () => {
    disk.messages.gate = UNAVAILABLE;
    await publish('1', { respondAsync: true });
    await expect(publish('2')).resolves.toMatchObject({ delivered: [{ url: A }] });
    disk.messages.gate = OPEN;
    await pass(20 * SECOND);
    expect([parts.push.dataTo(A), state(), parts.clock.pendingTimers]).toEqual([['2'], 'live', 0]);
    expect(disk.messages.queries).toHaveLength(2);
    expect(parts.subscribers.queueOf(A).isDisposable).toBe(true);
  });

  it('is looked for no more once the server stops', async () => {
    disk.messages.gate = UNAVAILABLE;
    await publish('1', { respondAsync: true });
    await parts.subscribers.stop();
    expect(parts.clock.pendingTimers).toBe(0);
  });
});
