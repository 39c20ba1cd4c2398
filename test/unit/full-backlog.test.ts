import type { PushResult } from '../../src/delivery/push-client';
import { StoreUnavailableError } from '../../src/errors';
import type { StoredSettings } from '../../src/model';
import { type BrokerParts, subscribedParts } from '../support/broker-parts';
import { type Deferred, deferred, settled } from '../support/deferred';
import { DELIVERED, type FakeMessageStore } from '../support/fakes';

const A = 'http://a/hook';
const SECOND = 1000;
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };

let parts: BrokerParts;
let store: FakeMessageStore;

beforeEach(async () => {
  parts = await subscribedParts('orders', A);
  store = parts.disk.messages;
});

const publish = (data: string) => parts.broker.publish('orders', data);
const set = (settings: StoredSettings) => parts.subscribers.changeSettings(A, settings);

/** What the store does is done at once, but who asked hears of it only when the test says so. */
function holdAnswers(operation: 'markReceived' | 'markReceivedUpTo' | 'purge'): Deferred<void> {
  const held = deferred();
  const run = store[operation].bind(store) as (...args: unknown[]) => Promise<number>;
  jest.spyOn(store, operation).mockImplementationOnce(async (...args: unknown[]) => {
    const count = await run(...args);
    await held.promise;
    return count;
  });
  return held;
}

/** Publishes while the store's answer is on its way, and lets that come then. */
async function publishMeanwhile(held: Deferred<void>) {
  const publishing = publish('"new"');
  await settled();
  held.resolve();
  return publishing;
}

async function cursorOfAll(): Promise<string> {
  const query = { limit: 10, waitMs: 0, gone: new AbortController().signal };
  return String((await parts.backlog.poll(A, query)).cursor);
}

const takeAll = () =>
  parts.backlog.take([A], 10, async (messages) => {
    while ((await messages.next()).done !== true);
  });

describe('a message that comes to a full backlog while what is there leaves it', () => {
  it.each<
    [what: string, operation: Parameters<typeof holdAnswers>[0], leave: (id: string) => Promise<unknown>]
  >([
    ['acked by its id', 'markReceived', (id) => parts.backlog.ack(A, { ids: [id] })],
    [
      'acked by a cursor',
      'markReceivedUpTo',
      async () => parts.backlog.ack(A, { upTo: await cursorOfAll() }),
    ],
    ['purged', 'purge', () => parts.backlog.purge(A)],
    ['polled', 'markReceived', takeAll],
    ['replayed', 'markReceived', (id) => parts.replay.push(A, id)],
  ])('is kept when that is %s', async (_what, operation, leave) => {
    await set({ paused: true, backlog: { maxMessages: 1 } });
    const { id } = await publish('"old"');
    const held = holdAnswers(operation);
    const leaving = leave(id);
    await settled();
    expect(store.dataOf(A)).toEqual([]);
    const { undelivered } = await publishMeanwhile(held);
    expect(undelivered).toMatchObject([{ stored: true }]);
    await leaving;
    expect([store.dataOf(A), parts.dropped]).toEqual([['"new"'], []]);
  });

  it('is kept when that was pushed', async () => {
    await set({ backlog: { maxMessages: 1 } });
    parts.push.answer = () => REFUSED;
    await publish('"old"');
    const held = holdAnswers('markReceived');
    parts.push.answer = () => DELIVERED;
    await parts.clock.advanceAsync(SECOND);
    expect([parts.push.dataTo(A), store.dataOf(A)]).toEqual([['"old"', '"old"'], []]);
    await set({ paused: true });
    await publishMeanwhile(held);
    expect([store.dataOf(A), parts.dropped]).toEqual([['"new"'], []]);
  });
});

describe('a full backlog of which some have expired', () => {
  it('drops nothing for those once they are deleted', async () => {
    await set({ paused: true, backlog: { maxMessages: 2 } });
    await publish('"old"');
    await publish('"live"');
    const [oldest = ''] = store.positions(A);
    jest.spyOn(store, 'deleteExpired').mockImplementation(async () => {
      await store.markReceived(A, [oldest], 0);
      return 1;
    });
    await parts.subscribers.deleteExpired(parts.clock.now(), 500);
    await publish('"new"');
    expect([store.dataOf(A), parts.dropped]).toEqual([['"live"', '"new"'], []]);
  });

  it('drops nothing for those that may have been deleted before the store failed', async () => {
    await set({ paused: true, backlog: { maxMessages: 1, overflow: 'drop_newest' } });
    await publish('"old"');
    jest.spyOn(store, 'deleteExpired').mockImplementation(async () => {
      await store.markReceived(A, store.positions(A), 0);
      throw new StoreUnavailableError('the disk is full');
    });
    await expect(parts.subscribers.deleteExpired(parts.clock.now(), 500)).rejects.toThrow('the disk is full');
    await publish('"new"');
    expect([store.dataOf(A), parts.dropped]).toEqual([['"new"'], []]);
  });
});
