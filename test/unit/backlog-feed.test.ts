import { BacklogFeed } from '../../src/broker/backlog-feed';
import { StoreUnavailableError } from '../../src/errors';
import { deferred, settled } from '../support/deferred';
import { FakeMessageStore } from '../support/fakes';
import { OPEN, UNAVAILABLE } from '../support/fakes';
import { TimestampSource } from '../../src/timestamp';
import { ManualClock } from '../support/manual-clock';

const A = 'http://a/hook';
const FIRST_PAGE = 32;
const PAGE = 256;

const position = (number: number) => String(number).padStart(5, '0');
const positions = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => position(from + index));

describe('BacklogFeed', () => {
  let store: FakeMessageStore;
  let clock: ManualClock;
  let bound: string;
  let feed: BacklogFeed;

  beforeEach(() => {
    store = new FakeMessageStore();
    clock = new ManualClock();
    bound = '99999';
    feed = new BacklogFeed({ store, clock, timestamps: new TimestampSource(clock) }, A, () => bound);
  });

  function add(...wanted: readonly string[]): void {
    for (const each of wanted) store.add(A, each);
  }

  /** Takes what is in memory, at most so many. */
  function takeSome(count = Infinity): string[] {
    const taken: string[] = [];
    for (let next = feed.peek(); next && taken.length < count; next = feed.peek()) {
      taken.push(next.position);
      feed.take();
    }
    return taken;
  }

  async function takeAll(): Promise<string[]> {
    const taken: string[] = [];
    do {
      await feed.fill();
      taken.push(...takeSome());
    } while (!feed.isAtEnd || feed.buffered > 0);
    return taken;
  }

  it('has nothing in memory before it was read', () => {
    add(position(1));
    expect([feed.peek(), feed.buffered, feed.isAtEnd]).toEqual([undefined, 0, false]);
  });

  it('hands out everything once, in order, over many pages', async () => {
    add(...positions(1000));
    await expect(takeAll()).resolves.toEqual(positions(1000));
    expect(feed.isAtEnd).toBe(true);
  });

  it('shows the same message until it is taken', async () => {
    add(...positions(2));
    await feed.fill();
    expect([feed.peek()?.position, feed.peek()?.position]).toEqual([position(0), position(0)]);
    feed.take();
    expect(feed.peek()?.position).toBe(position(1));
  });

  it('reads behind what it has, and finds what came since', async () => {
    add(...positions(3));
    await feed.fill();
    expect(takeSome()).toEqual(positions(3));
    add(position(3));
    await feed.fill();
    expect(takeSome()).toEqual([position(3)]);
    expect(store.queries.map(({ query }) => query.after)).toEqual([undefined, position(2)]);
  });

  it('does not read past the bound, which it asks for anew before each read', async () => {
    add(...positions(10));
    bound = position(4);
    await feed.fill();
    expect(takeSome()).toEqual(positions(4));
    bound = position(7);
    await feed.fill();
    expect(takeSome()).toEqual(positions(3, 4));
  });

  it('leaves out what has expired', async () => {
    store.add(A, position(0), '{}', clock.now());
    store.add(A, position(1), '{}', clock.now() + 1);
    await expect(takeAll()).resolves.toEqual([position(1)]);
  });

  it('reads the next page while the last half of a page is pushed, and no sooner', async () => {
    add(...positions(1000));
    await feed.fill();
    takeSome(FIRST_PAGE);
    await settled();
    takeSome(PAGE - 129);
    await settled();
    expect(store.queries).toHaveLength(2);
    takeSome(1);
    feed.peek();
    await settled();
    expect(store.queries).toHaveLength(3);
    expect(feed.buffered).toBe(PAGE + 128);
  });

  it('never holds more than two pages', async () => {
    add(...positions(2000));
    let most = 0;
    for (let taken = 0; taken < 2000;) {
      if (!feed.peek()) await feed.fill();
      taken += takeSome(1).length;
      await Promise.resolve();
      most = Math.max(most, feed.buffered);
    }
    expect(most).toBeLessThanOrEqual(2 * PAGE);
  });

  it('reads on only once the first message was taken, which a push may be all there is for long', async () => {
    add(...positions(100));
    await feed.fill();
    feed.peek();
    await settled();
    expect([store.queries.length, feed.buffered]).toEqual([1, FIRST_PAGE]);
    feed.take();
    feed.peek();
    await settled();
    expect([store.queries.length, feed.buffered]).toEqual([2, 99]);
  });

  it('asks for pages of bounded bytes, and for little at first', async () => {
    add(...positions(100));
    await feed.fill();
    takeSome();
    await feed.fill();
    const now = clock.now();
    expect(store.queries.map(({ query }) => query)).toMatchObject([
      { limit: FIRST_PAGE, maxBytes: 65_536, now },
      { limit: PAGE, maxBytes: 1_048_576, now },
    ]);
  });

  it('reads once however many ask at the same time', async () => {
    add(position(1));
    await Promise.all([feed.fill(), feed.fill()]);
    expect(store.queries).toHaveLength(1);
  });

  it('rejects when the store fails, and goes on where it was', async () => {
    add(...positions(40));
    await feed.fill();
    takeSome();
    await settled();
    takeSome();
    add(position(40));
    store.gate = UNAVAILABLE;
    await expect(feed.fill()).rejects.toThrow(StoreUnavailableError);
    store.gate = OPEN;
    await feed.fill();
    expect(takeSome()).toEqual([position(40)]);
  });

  it('shows a failure of reading ahead at the next read', async () => {
    add(...positions(300));
    await feed.fill();
    store.gate = UNAVAILABLE;
    expect(takeSome()).toHaveLength(FIRST_PAGE);
    await settled();
    await expect(feed.fill()).rejects.toThrow(StoreUnavailableError);
  });

  describe('forget', () => {
    it('leaves out single messages, and all up to a position', async () => {
      add(...positions(8));
      await feed.fill();
      feed.forget([position(5), position(6)]);
      feed.forget([], position(2));
      expect(takeSome()).toEqual([position(3), position(4), position(7)]);
    });

    it('keeps late messages up to a position, but for those that it names', async () => {
      for (const timestamp of positions(3)) {
        const message = { id: `msg_${timestamp}`, topic: 'orders', timestamp, data: '1' };
        await store.put(message, [{ subscriber: A, expiresAt: Infinity, isLate: true }]);
      }
      await feed.fill();
      feed.forget([position(1)], position(2));
      expect(takeSome()).toEqual([position(0), position(2)]);
    });

    it('leaves out what is being read at that moment', async () => {
      add(...positions(4));
      const read = deferred();
      store.gate = (operation) => (operation === 'pending done' ? read.promise : Promise.resolve());
      const filling = feed.fill();
      await settled();
      feed.forget([position(2)], position(0));
      read.resolve();
      await filling;
      expect(takeSome()).toEqual([position(1), position(3)]);
    });

    it('keeps no memory of it once nothing that it read before is left', async () => {
      add(...positions(2));
      await feed.fill();
      feed.forget([], position(9));
      expect(takeSome()).toEqual([]);
      add(position(5));
      await feed.fill();
      expect(takeSome()).toEqual([position(5)]);
    });

    it('does nothing when nothing was read', async () => {
      add(...positions(2));
      feed.forget([position(0)], position(1));
      await expect(takeAll()).resolves.toEqual(positions(2));
    });
  });

  describe('release', () => {
    it('leaves nothing in memory, also of what is being read', async () => {
      add(...positions(100));
      await feed.fill();
      takeSome(1);
      feed.release();
      await settled();
      expect([feed.buffered, feed.peek()]).toEqual([0, undefined]);
      feed.reset(null);
      await expect(takeAll()).resolves.toEqual(positions(100));
    });
  });

  describe('reset', () => {
    it('begins again with the oldest, or behind a position', async () => {
      add(...positions(5));
      await takeAll();
      feed.reset(null);
      expect(feed.buffered).toBe(0);
      await expect(takeAll()).resolves.toEqual(positions(5));
      feed.reset(position(2));
      await expect(takeAll()).resolves.toEqual(positions(2, 3));
    });

    it('throws away what is being read', async () => {
      add(...positions(3));
      const read = deferred();
      store.gate = (operation) => (operation === 'pending done' ? read.promise : Promise.resolve());
      const filling = feed.fill();
      await settled();
      store.gate = OPEN;
      feed.reset(position(0));
      await feed.fill();
      read.resolve();
      await filling;
      expect(takeSome()).toEqual(positions(2, 1));
    });

    it('forgets what was to be left out', async () => {
      add(...positions(3));
      await feed.fill();
      feed.forget([], position(2));
      feed.reset(null);
      await expect(takeAll()).resolves.toEqual(positions(3));
    });
  });
});
