import type { Backlog, WriteOut } from '../../src/broker/backlog';
import type { PushResult } from '../../src/delivery/push-client';
import { StoreUnavailableError } from '../../src/errors';
import type { PendingMessage } from '../../src/model';
import { type BrokerParts, newBrokerParts } from '../support/broker-parts';
import type { captureLog } from '../support/capture-log';
import { deferred, settled } from '../support/deferred';
import { DELIVERED, type FakeMessageStore, UNAVAILABLE } from '../support/fakes';
import type { ManualClock } from '../support/manual-clock';

const A = 'http://localhost:8000/event';
const B = 'http://127.0.0.1:8000/event';
const RETENTION_MS = 60_000;

interface Collected {
  readonly writeOut: WriteOut;
  readonly messages: PendingMessage[];
  hasMore?: boolean;
}

/** Writes out by keeping everything. */
function collect(): Collected {
  const messages: PendingMessage[] = [];
  const collected: Collected = {
    messages,
    writeOut: async (source) => {
      for (;;) {
        const next = await source.next();
        if (next.done === true) {
          collected.hasMore = next.value;
          return;
        }
        messages.push(next.value);
      }
    },
  };
  return collected;
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'));

describe('Backlog.take', () => {
  let store: FakeMessageStore;
  let clock: ManualClock;
  let backlog: Backlog;
  let logged: ReturnType<typeof captureLog>;
  let parts: BrokerParts;

  beforeEach(() => {
    parts = newBrokerParts();
    ({ clock, logged, backlog } = parts);
    store = parts.disk.messages;
  });

  async function take(subscribers: readonly string[], limit = 1000): Promise<Collected> {
    const collected = collect();
    await backlog.take(subscribers, limit, collected.writeOut);
    return collected;
  }

  const positionsOf = ({ messages }: Collected) => messages.map(({ position }) => position);

  it('hands out nothing from an empty backlog', async () => {
    const collected = collect();
    await expect(backlog.take([A, B], 10, collected.writeOut)).resolves.toBe(0);
    expect(collected).toMatchObject({ messages: [], hasMore: false });
    expect(store.marks).toEqual([]);
  });

  it('hands out whole messages, oldest first, and marks exactly those', async () => {
    store.add(A, '2', '{"n": 1.0}');
    store.add(A, '1', '"first"');
    const collected = collect();
    await expect(backlog.take([A], 10, collected.writeOut)).resolves.toBe(2);
    expect(collected.messages).toEqual([
      { id: 'msg_1', topic: 'orders', timestamp: '1', position: '1', data: '"first"', expiresAt: Infinity },
      {
        id: 'msg_2',
        topic: 'orders',
        timestamp: '2',
        position: '2',
        data: '{"n": 1.0}',
        expiresAt: Infinity,
      },
    ]);
    expect(collected.hasMore).toBe(false);
    expect(store.marks).toEqual([
      { subscriber: A, positions: ['1', '2'], expiresAt: clock.now() + RETENTION_MS },
    ]);
  });

  it('merges the backlogs of several URLs in the order of their positions', async () => {
    for (const position of ['01', '04', '05', '08']) store.add(A, position);
    for (const position of ['02', '03', '06', '07', '09']) store.add(B, position);
    const collected = await take([A, B]);
    expect(positionsOf(collected)).toEqual(['01', '02', '03', '04', '05', '06', '07', '08', '09']);
    expect(store.marks).toMatchObject([
      { subscriber: A, positions: ['01', '04', '05', '08'] },
      { subscriber: B, positions: ['02', '03', '06', '07', '09'] },
    ]);
  });

  it('hands out equal positions of different URLs both', async () => {
    store.add(A, '01');
    store.add(B, '01');
    expect(positionsOf(await take([A, B]))).toEqual(['01', '01']);
    expect([store.positions(A), store.positions(B)]).toEqual([[], []]);
  });

  it('hands out no more than the limit, across the URLs, and says that there is more', async () => {
    for (const position of ['01', '03', '05']) store.add(A, position);
    for (const position of ['02', '04', '06']) store.add(B, position);
    const collected = await take([A, B], 4);
    expect(positionsOf(collected)).toEqual(['01', '02', '03', '04']);
    expect(collected.hasMore).toBe(true);
    expect([store.positions(A), store.positions(B)]).toEqual([['05'], ['06']]);
  });

  it('says that there is no more when exactly the limit was waiting', async () => {
    for (const position of ['01', '02', '03']) store.add(A, position);
    const collected = await take([A, B], 3);
    expect(collected).toMatchObject({ hasMore: false });
    expect(positionsOf(collected)).toHaveLength(3);
  });

  it('follows the pages of a long backlog without a gap', async () => {
    const positions = numbered(1050);
    for (const position of positions) store.add(A, position);
    const first = await take([A], 1000);
    const second = await take([A], 1000);
    expect(first.hasMore).toBe(true);
    expect([...positionsOf(first), ...positionsOf(second)]).toEqual(positions);
    expect(second.hasMore).toBe(false);
  });

  it('leaves a stored message that is still being pushed, and what is behind it, to the next', async () => {
    const push = deferred<PushResult>();
    await parts.subscriptions.subscribe('orders', A);
    parts.push.answer = () => push.promise;
    await parts.broker.publish('orders', '"pushed"', { respondAsync: true });
    await parts.subscribers.changeSettings(A, { paused: true });
    await parts.broker.publish('orders', '"behind"');
    expect(store.dataOf(A)).toEqual(['"pushed"', '"behind"']);
    expect(await take([A])).toMatchObject({ messages: [], hasMore: false });
    push.resolve(DELIVERED);
    await settled();
    expect((await take([A])).messages.map(({ data }) => data)).toEqual(['"behind"']);
  });

  it('reads bounded pages, and none ahead of need', async () => {
    for (const position of numbered(1000)) store.add(A, position);
    const reading = backlog.take([A], 1000, async (source) => {
      await source.next();
      expect(store.queries).toHaveLength(1);
    });
    await reading;
    expect(store.queries).toMatchObject([{ subscriber: A, query: { now: clock.now() } }]);
    for (const { query } of store.queries) {
      expect(query.limit).toBeLessThanOrEqual(1000);
      expect(query.maxBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    }
  });

  describe('when the messages cannot be written out', () => {
    it('marks nothing and throws the fault', async () => {
      for (const position of ['1', '2']) store.add(A, position);
      const taking = backlog.take([A], 10, async (source) => {
        await source.next();
        throw new Error('the client left');
      });
      await expect(taking).rejects.toThrow('the client left');
      expect(store.marks).toEqual([]);
      expect(positionsOf(await take([A]))).toEqual(['1', '2']);
    });

    it('marks nothing when all were read before', async () => {
      store.add(A, '1');
      const taking = backlog.take([A], 10, async (source) => {
        await collect().writeOut(source);
        throw new Error('the client left');
      });
      await expect(taking).rejects.toThrow('the client left');
      expect(store.positions(A)).toEqual(['1']);
    });

    it('does not hold up the next', async () => {
      await expect(backlog.take([A], 10, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
      expect(positionsOf(await take([A]))).toEqual([]);
    });
  });

  it('marks only what was handed out when the writer stops early', async () => {
    for (const position of ['1', '2', '3']) store.add(A, position);
    await backlog.take([A], 10, async (source) => {
      await source.next();
    });
    expect(store.marks).toMatchObject([{ subscriber: A, positions: ['1'] }]);
    expect(store.positions(A)).toEqual(['2', '3']);
  });

  it('lets a second take wait until the first is marked', async () => {
    for (const position of ['1', '2']) store.add(A, position);
    const written = deferred();
    const first = collect();
    const firstTaking = backlog.take([A, B], 1, async (source) => {
      await first.writeOut(source);
      await written.promise;
    });
    const second = collect();
    const secondTaking = backlog.take([A, B], 10, second.writeOut);
    await settled();
    expect(positionsOf(first)).toEqual(['1']);
    expect(positionsOf(second)).toEqual([]);
    written.resolve();
    await expect(Promise.all([firstTaking, secondTaking])).resolves.toEqual([1, 1]);
    expect(positionsOf(second)).toEqual(['2']);
  });

  it('hands out to the second what the first could not write', async () => {
    store.add(A, '1');
    const left = deferred();
    const firstTaking = backlog.take([A], 10, async (source) => {
      await source.next();
      await left.promise;
    });
    const second = collect();
    const secondTaking = backlog.take([A], 10, second.writeOut);
    left.reject(new Error('the client left'));
    await expect(firstTaking).rejects.toThrow('the client left');
    await expect(secondTaking).resolves.toBe(1);
    expect(positionsOf(second)).toEqual(['1']);
  });

  it('throws when the store cannot be read', async () => {
    store.gate = UNAVAILABLE;
    await expect(take([A])).rejects.toThrow(StoreUnavailableError);
  });

  it('throws when marking fails, and hands the messages out again', async () => {
    store.add(A, '1');
    store.gate = (operation) => (operation === 'markReceived' ? UNAVAILABLE('', '') : Promise.resolve());
    await expect(take([A])).rejects.toThrow(StoreUnavailableError);
    store.gate = () => Promise.resolve();
    expect(positionsOf(await take([A]))).toEqual(['1']);
    expect(positionsOf(await take([A]))).toEqual([]);
  });

  it('logs how many were polled, and no data', async () => {
    store.add(A, '1', '"confidential"');
    await take([A, B]);
    expect(logged.lines('backlog.polled')).toMatchObject([{ subscriber: A, messages: 1 }]);
    expect(JSON.stringify(logged.lines())).not.toContain('confidential');
  });
});
