import { MessageCopies } from '../../src/broker/message-copies';
import { StoreUnavailableError } from '../../src/errors';
import { deferred, settled } from '../support/deferred';
import { FakeMessageStore } from '../support/fakes';
import { OPEN, UNAVAILABLE } from '../support/fakes';
import { ManualClock } from '../support/manual-clock';

const MESSAGE = { id: 'msg_1', topic: 'orders', timestamp: '2026-08-04T12:00:00.000000+00:00', data: '1' };
const copy = (subscriber: string) => ({ subscriber, expiresAt: 1 });

describe('MessageCopies', () => {
  let store: FakeMessageStore;
  let copies: MessageCopies;
  let clock: ManualClock;

  beforeEach(() => {
    store = new FakeMessageStore();
    clock = new ManualClock();
    copies = new MessageCopies(store, MESSAGE, clock);
  });

  const calls = () => store.puts.map((put) => put.copies.map(({ subscriber }) => subscriber));

  it('stores a copy as soon as it is asked for', async () => {
    await expect(copies.add(copy('a'))).resolves.toBeNull();
    expect(store.puts).toEqual([{ message: MESSAGE, copies: [copy('a')] }]);
  });

  it('stores what one task asks for with one call', async () => {
    await Promise.all([copies.add(copy('a')), copies.add(copy('b')), copies.add(copy('c'))]);
    expect(calls()).toEqual([['a', 'b', 'c']]);
  });

  it('gathers what is asked for while it is storing for the next call', async () => {
    const stored = deferred();
    store.gate = () => stored.promise;
    const answers = [copies.add(copy('a'))];
    await settled();
    answers.push(copies.add(copy('b')));
    await settled();
    answers.push(copies.add(copy('c')));
    await settled();
    expect(calls()).toEqual([['a']]);
    stored.resolve();
    await expect(Promise.all(answers)).resolves.toEqual([null, null, null]);
    expect(calls()).toEqual([['a'], ['b', 'c']]);
  });

  it('gathers for a moment only: a call that hangs is not waited for', async () => {
    const hung = deferred();
    store.gate = () => hung.promise;
    void copies.add(copy('a'));
    await settled();
    store.gate = OPEN;
    const others = [copies.add(copy('b')), copies.add(copy('c'))];
    await clock.advanceAsync(249);
    expect(calls()).toEqual([['a']]);
    await clock.advanceAsync(1);
    await expect(Promise.all(others)).resolves.toEqual([null, null]);
    expect([calls(), clock.pendingTimers]).toEqual([[['a'], ['b', 'c']], 0]);
  });

  it('says of each copy whether it is durable', async () => {
    store.refused = ['b'];
    const answers = await Promise.all([copies.add(copy('a')), copies.add(copy('b'))]);
    expect(answers).toEqual([null, new Error('refused')]);
  });

  it('says that none is when the store is gone, and stores again once it is back', async () => {
    store.gate = UNAVAILABLE;
    const answers = await Promise.all([copies.add(copy('a')), copies.add(copy('b'))]);
    expect(answers).toEqual([expect.any(StoreUnavailableError), expect.any(StoreUnavailableError)]);
    store.gate = OPEN;
    await expect(copies.add(copy('a'))).resolves.toBeNull();
    expect(store.positions('a')).toHaveLength(1);
  });

  it('goes on with those that came while a call failed', async () => {
    const failed = deferred();
    store.gate = () => failed.promise;
    const first = copies.add(copy('a'));
    await settled();
    const second = copies.add(copy('b'));
    store.gate = OPEN;
    failed.reject(new Error('broken'));
    await expect(first).resolves.toEqual(new Error('broken'));
    await expect(second).resolves.toBeNull();
  });
});
