import type { PushResult } from '../../src/delivery/push-client';
import { RETRY_DEFAULTS } from '../../src/delivery/retry-policy';
import { formatTimestamp } from '../../src/timestamp';
import {
  type BrokerParts,
  type FakeDisk,
  newBrokerParts,
  restartedParts,
  subscribedParts,
} from '../support/broker-parts';
import { type Deferred, deferred, settled } from '../support/deferred';
import { DELIVERED, OPEN } from '../support/fakes';
import { ManualClock } from '../support/manual-clock';

const A = 'http://a/hook';
const SECOND = 1000;
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const TIMED_OUT: PushResult = { outcome: 'timeout', durationMs: 5000 };
const NOT_ACCEPTED: PushResult = { outcome: 'http_status', status: 400, durationMs: 1 };

let disk: FakeDisk;
let parts: BrokerParts;

beforeEach(async () => {
  parts = await subscribedParts('orders', A);
  ({ disk } = parts);
});

const publish = (data: string) => parts.broker.publish('orders', data);
const pass = (ms: number) => parts.clock.advanceAsync(ms);
const state = () => parts.subscribers.statusOf(A).state;
const answer = (result: PushResult) => (parts.push.answer = () => result);

/** Ends the process, and starts another one on the same data. */
async function restart(): Promise<void> {
  parts = await restartedParts(parts);
}

/** A position as if a clock said it that is so far ahead. */
function positionAhead(ms: number): string {
  return formatTimestamp((parts.clock.now() + ms) * 1000);
}

describe('what changes while the backlog is read', () => {
  const FIRST_PAGE = 32;
  let reading: Deferred<void>;

  /** The first page of the backlog was pushed; the second was read, with more behind it, and is held up on its way here. */
  beforeEach(async () => {
    for (let n = 0; n < 500; n += 1) disk.messages.add(A, positionAhead(n - 1000), String(n));
    await restart();
    reading = deferred();
    const read = disk.messages.pending.bind(disk.messages);
    let reads = 0;
    disk.messages.pending = async (...query) => {
      const page = await read(...query);
      reads += 1;
      if (reads > 1) await reading.promise;
      return page;
    };
    await pass(3 * SECOND);
  });

  it.each<[what: string, remove: () => Promise<unknown>]>([
    ['a purge', () => parts.backlog.purge(A)],
    [
      'an ack by a cursor that somebody made up',
      () => parts.backlog.ack(A, { upTo: positionAhead(1000 * SECOND) }),
    ],
  ])('%s: what is published after it is pushed all the same', async (_what, remove) => {
    expect(parts.push.dataTo(A)).toHaveLength(FIRST_PAGE);
    await remove();
    await publish('"new"');
    reading.resolve();
    await pass(SECOND);
    expect(parts.push.dataTo(A).slice(FIRST_PAGE)).toEqual(['"new"']);
    expect([disk.messages.dataOf(A), state()]).toEqual([[], 'live']);
  });
});

describe('clocks that differ', () => {
  it('what a clock that was ahead has stored is pushed, and later messages stand behind it', async () => {
    const ahead = positionAhead(10 * SECOND);
    disk.messages.add(A, ahead, '1');
    await restart();
    await pass(3 * SECOND);
    expect([parts.push.dataTo(A), state()]).toEqual([['1'], 'live']);
    const { timestamp } = await parts.broker.publish('orders', '2');
    expect(timestamp > ahead).toBe(true);
  });

  it('a message is pushed that stands among those set aside, and they are not', async () => {
    const aside = positionAhead(20 * SECOND);
    disk.messages.add(A, aside, '1');
    await disk.messages.setAside(A, aside, 'http_status 400');
    await parts.subscribers.changeSettings(A, { paused: true });
    const record = disk.subscribers.records.get(A);
    if (!record) throw new Error('It has settings, so it has a record');
    disk.subscribers.records.set(A, { ...record, asideUpTo: aside });
    await restart();
    await publish('2');
    await parts.subscribers.changeSettings(A, { paused: false });
    await pass(3 * SECOND);
    expect([parts.push.dataTo(A), disk.messages.dataOf(A), state()]).toEqual([['2'], ['1'], 'live']);
  });

  it('a message that was set aside stays so when only its copy says it', async () => {
    disk.subscribers.gate = () => Promise.reject(new Error('secret: the disk is full'));
    answer(NOT_ACCEPTED);
    await publish('1');
    await pass(60 * SECOND);
    expect(parts.push.dataTo(A)).toEqual(['1', '1', '1']);
    disk.subscribers.gate = OPEN;
    await restart();
    await pass(60 * SECOND);
    expect([parts.push.dataTo(A), state()]).toEqual([[], 'live']);
  });
});

describe('since when it fails', () => {
  it('is forgotten with the first success, also of an earlier process', async () => {
    answer(REFUSED);
    for (let n = 1; n <= RETRY_DEFAULTS.failureThreshold; n += 1) await publish(String(n));
    expect(disk.subscribers.records.get(A)?.failingSince).not.toBeNull();
    await restart();
    await pass(4 * SECOND);
    expect([state(), parts.subscribers.statusOf(A).failingSince]).toEqual(['live', null]);
    expect(disk.subscribers.records.get(A)?.failingSince).toBeNull();
  });
});

describe('live pushes that wait for their turn', () => {
  it('do not count against a subscriber that was given less than half of the time', async () => {
    await parts.subscribers.changeSettings(A, { maxInFlight: 1 });
    await settled();
    const first = deferred<PushResult>();
    parts.push.answer = () => first.promise;
    const publishing = [publish('1'), publish('2')];
    await pass(3 * SECOND);
    answer(TIMED_OUT);
    first.resolve(DELIVERED);
    const [, second] = await Promise.all(publishing);
    expect(second?.undelivered).toMatchObject([{ outcome: 'queued', stored: true }]);
    expect(parts.subscribers.statusOf(A)).toMatchObject({ failingSince: null, lastError: null });
  });

  it('are stored, and pushed in their order, when more than a thousand would wait', async () => {
    await parts.subscribers.changeSettings(A, { maxInFlight: 1 });
    await settled();
    const first = deferred<PushResult>();
    parts.push.answer = () => first.promise;
    const publishing = Array.from({ length: 1002 }, (_, n) => publish(String(n)));
    await settled();
    expect(disk.messages.dataOf(A)).toHaveLength(1001);
    answer(DELIVERED);
    first.resolve(DELIVERED);
    await Promise.all(publishing);
    await pass(SECOND);
    expect(parts.push.dataTo(A)).toEqual(Array.from({ length: 1002 }, (_, n) => String(n)));
  });
});

describe('two processes on one store', () => {
  it('a success marks its own message, not that of the other process at the same timestamp', async () => {
    parts.clock.advance(1);
    answer(REFUSED);
    const one = await publish('"one"');
    const others = newBrokerParts({ disk, clock: new ManualClock(parts.clock.now()) });
    await others.subscriptions.load();
    const pushed = deferred<PushResult>();
    others.push.answer = () => pushed.promise;
    const other = await others.broker.publish('orders', '"other"', { respondAsync: true });
    expect(other.timestamp).toBe(one.timestamp);
    expect(disk.messages.dataOf(A)).toEqual(['"one"', '"other"']);
    pushed.resolve(DELIVERED);
    await others.broker.drain();
    expect(disk.messages.dataOf(A)).toEqual(['"one"']);
    answer(DELIVERED);
    await pass(SECOND);
    expect([parts.push.dataTo(A), disk.messages.dataOf(A)]).toEqual([['"one"', '"one"'], []]);
  });
});
