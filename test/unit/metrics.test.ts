import { HeraldError, StoreUnavailableError } from '../../src/errors';
import { BacklogSampler } from '../../src/metrics/backlog-sampler';
import { Distribution } from '../../src/metrics/distribution';
import { Tallies } from '../../src/metrics/tallies';
import { timedStores } from '../../src/metrics/timed-stores';
import type { Message } from '../../src/model';
import type { Stores } from '../../src/store/stores';
import { formatTime } from '../../src/timestamp';
import { FakeDisk, newBrokerParts } from '../support/broker-parts';
import { FakeMessageStore, OPEN, UNAVAILABLE } from '../support/fakes';
import { ManualClock } from '../support/manual-clock';
import { parseMetrics, valueOf } from '../support/metrics-text';

const URL_A = 'http://a/hook';

function messageAt(ms: number): Message {
  return { id: `msg_${ms}`, topic: 't', timestamp: formatTime(ms), data: '1' };
}

describe('Distribution', () => {
  it('counts a value at its own bound, and what is above all of them at the end', () => {
    const distribution = new Distribution([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 5, 5.1, 1000]) distribution.observe(value);
    expect(distribution.cumulative()).toEqual([2, 4, 5, 7]);
    expect(distribution.count).toBe(7);
    expect(distribution.sum).toBeCloseTo(1014.6);
  });
});

describe('timedStores', () => {
  let disk: FakeDisk;
  let tallies: Tallies;
  let stores: Stores;

  beforeEach(() => {
    disk = new FakeDisk();
    tallies = new Tallies();
    const { messages, subscriptions, subscribers, idempotency } = disk;
    const rest = { ping: () => Promise.resolve(), close: () => Promise.resolve() };
    stores = timedStores({ messages, subscriptions, subscribers, idempotency, ...rest }, tallies);
  });

  const copies = [{ subscriber: URL_A, expiresAt: Infinity }];
  const tallyOf = (operation: string) => {
    const tally = tallies.store.get(operation);
    return { count: tally?.seconds.count, errors: tally?.errors };
  };

  it('passes on what the store answers', async () => {
    expect(await stores.messages.put(messageAt(1), copies)).toEqual([]);
    expect(await stores.messages.countPending(URL_A)).toBe(1);
    expect(await disk.messages.countPending(URL_A)).toBe(1);
    expect(stores.messages.maxMessageBytes).toBe(disk.messages.maxMessageBytes);
    expect(tallyOf('put')).toEqual({ count: 1, errors: 0 });
    expect(tallyOf('count_pending')).toEqual({ count: 1, errors: 0 });
    expect(tallyOf('purge')).toEqual({ count: 0, errors: 0 });
  });

  it('passes on how the store fails, and counts it', async () => {
    disk.messages.gate = UNAVAILABLE;
    await expect(stores.messages.put(messageAt(1), copies)).rejects.toThrow(StoreUnavailableError);
    expect(tallyOf('put')).toEqual({ count: 1, errors: 1 });
  });

  it('counts no error where the caller asks for what cannot be', async () => {
    for (const error of [new RangeError('no'), new HeraldError('message_too_large', 'no')]) {
      disk.messages.gate = () => Promise.reject(error);
      await expect(stores.messages.put(messageAt(1), copies)).rejects.toBe(error);
    }
    expect(tallyOf('put')).toEqual({ count: 2, errors: 0 });
  });

  it('counts a call that failed for some copies only', async () => {
    const failure = { subscriber: URL_A, error: new Error('throttled') };
    disk.messages.put = () => Promise.resolve([failure]);
    const timed = timedStores({ ...stores, messages: disk.messages }, tallies);
    expect(await timed.messages.put(messageAt(1), copies)).toEqual([failure]);
    expect(tallyOf('put')).toEqual({ count: 1, errors: 1 });
  });
});

describe('BacklogSampler', () => {
  const clock = new ManualClock();
  let store: FakeMessageStore;

  beforeEach(() => {
    store = new FakeMessageStore();
  });

  const fill = async (url: string, messages: number) => {
    for (let n = 0; n < messages; n++) {
      await store.put(messageAt(clock.now() + n), [{ subscriber: url, expiresAt: Infinity }]);
    }
  };

  it('looks at 500 at once, at the others the next time, and forgets who has nothing left', async () => {
    const sampler = new BacklogSampler({ store, clock, keepCountMs: () => 0 });
    for (let n = 0; n < 600; n++) await fill(`http://a/${n}`, 1);
    const first = await sampler.sample();
    expect(first.subscribers).toBe(600);
    expect(first.seen).toHaveLength(500);
    expect(store.counts).toBe(500);
    const second = await sampler.sample();
    expect(new Set(second.seen.map(({ subscriber }) => subscriber)).size).toBe(600);
    expect(store.counts).toBe(1000);
    for (let n = 0; n < 599; n++) await store.purge(`http://a/${n}`, {});
    expect(await sampler.sample()).toEqual({
      subscribers: 1,
      seen: [expect.objectContaining({ subscriber: 'http://a/599', messages: 1, oldestAt: clock.now() })],
    });
  });

  it('counts a large backlog less often, and looks at its oldest message all the same', async () => {
    const sampler = new BacklogSampler({ store, clock, keepCountMs: (messages) => messages * 1000 });
    await fill(URL_A, 3);
    const startedAt = clock.now();
    expect((await sampler.sample()).seen).toMatchObject([{ messages: 3, oldestAt: startedAt }]);
    await store.purge(URL_A, { limit: 1 });
    clock.step(-3_600_000);
    clock.advance(2999);
    expect((await sampler.sample()).seen).toMatchObject([{ messages: 3, oldestAt: startedAt + 1 }]);
    expect(store.counts).toBe(1);
    clock.advance(1);
    expect((await sampler.sample()).seen).toMatchObject([{ messages: 2 }]);
  });
});

describe('a scrape', () => {
  async function withBacklog() {
    const parts = newBrokerParts();
    await parts.subscriptions.subscribe('orders', URL_A);
    parts.push.answer = () => ({ outcome: 'connection_refused', durationMs: 1 });
    await parts.broker.publish('orders', '1');
    const scrape = async () => parseMetrics((await parts.metrics.scrape()).text);
    return { ...parts, scrape };
  }

  const OLDEST = ['herald_backlog_oldest_seconds', { state: 'draining' }] as const;

  it('asks the store once in 10 s', async () => {
    const { clock, disk, scrape } = await withBacklog();
    await scrape();
    const { counts } = disk.messages;
    clock.advance(9999);
    // How old a message is goes on all the same.
    expect(valueOf(await scrape(), ...OLDEST)).toBeCloseTo(9.999);
    expect(disk.messages.counts).toBe(counts);
    clock.advance(1);
    await scrape();
    expect(disk.messages.counts).toBe(counts + 1);
  });

  it('goes without what the store does not say, and says that the server is not ready', async () => {
    const { disk, scrape, logged, clock } = await withBacklog();
    disk.messages.gate = UNAVAILABLE;
    const lines = await scrape();
    expect(valueOf(lines, 'herald_ready')).toBe(0);
    expect(lines.filter(({ name }) => /^herald_(backlog|subscribers|topics)/.test(name))).toEqual([]);
    expect(valueOf(lines, 'herald_deliveries_total', { outcome: 'connection_refused' })).toBe(1);
    expect(logged.lines('metrics.sample_failed')).toHaveLength(1);
    disk.messages.gate = OPEN;
    clock.advance(1);
    expect(valueOf(await scrape(), ...OLDEST)).toBeGreaterThanOrEqual(0);
  });

  it('waits 2 s for a store that hangs, and tells what was known before for a minute', async () => {
    const { disk, scrape, clock } = await withBacklog();
    expect(valueOf(await scrape(), ...OLDEST)).toBe(0);
    disk.messages.gate = () => new Promise(() => undefined);
    for (const [ms, known] of [
      [10_000, true],
      [40_000, true],
      [20_000, false],
    ] as const) {
      clock.advance(ms);
      const scraping = scrape();
      await clock.advanceAsync(2000);
      const lines = await scraping;
      expect([ms, valueOf(lines, 'herald_ready')]).toEqual([ms, 0]);
      expect([ms, valueOf(lines, 'herald_backlog_subscribers') === 1]).toEqual([ms, known]);
    }
  });

  it('names at most 500 subscribers, those that wait longest', async () => {
    const parts = newBrokerParts({ perSubscriber: true });
    for (let n = 0; n < 600; n++) {
      const copies = [{ subscriber: `http://a/${n}`, expiresAt: Infinity }];
      await parts.disk.messages.put(messageAt(parts.clock.now() - n), copies);
    }
    await parts.metrics.scrape();
    parts.clock.advance(10_000);
    const lines = parseMetrics((await parts.metrics.scrape()).text);
    const named = lines.filter(({ name }) => name === 'herald_subscriber_backlog_messages');
    expect(named).toHaveLength(500);
    expect(named[0]?.labels).toEqual({ subscriber: 'http://a/599' });
  });

  it('knows the state of subscribers that have no queue', async () => {
    const parts = newBrokerParts();
    const settings = { '/poll': { delivery: 'poll' }, '/paused': { paused: true }, '/live': {} } as const;
    for (const [path, changes] of Object.entries(settings)) {
      await parts.subscriptions.subscribe('orders', `http://a${path}`);
      await parts.subscribers.changeSettings(`http://a${path}`, changes);
    }
    const restarted = newBrokerParts({ disk: parts.disk });
    await restarted.subscriptions.load();
    await restarted.subscribers.load();
    const lines = parseMetrics((await restarted.metrics.scrape()).text);
    const states = lines.filter(({ name }) => name === 'herald_subscribers');
    expect(states.filter(({ value }) => value === 1).map(({ labels }) => labels.state)).toEqual([
      'live',
      'paused',
      'poll',
    ]);
  });
});
