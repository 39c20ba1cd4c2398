import { ReceivedMarker } from '../../src/broker/received-marker';
import { captureLog } from '../support/capture-log';
import { deferred, settled } from '../support/deferred';
import { FakeMessageStore } from '../support/fakes';
import { OPEN, UNAVAILABLE } from '../support/fakes';
import { ManualClock } from '../support/manual-clock';

const A = 'http://a/hook';
const at = (number: number) => `2026-08-04T12:00:00.00000${number}+00:00`;

describe('ReceivedMarker', () => {
  let store: FakeMessageStore;
  let clock: ManualClock;
  let marker: ReceivedMarker;
  let logged: ReturnType<typeof captureLog>;
  let marked: (number | null)[];

  beforeEach(() => {
    store = new FakeMessageStore();
    clock = new ManualClock();
    logged = captureLog();
    marked = [];
    const deps = { store, clock, log: logged.log, receivedRetentionMs: 1000 };
    marker = new ReceivedMarker(deps, A, async (change) => {
      const count = await change().catch((error: unknown) => {
        marked.push(null);
        throw error;
      });
      marked.push(count);
      return count;
    });
    for (const number of [1, 2, 3, 4, 5]) store.add(A, at(number));
  });

  const add = (number: number) => marker.add({ id: `msg_${at(number)}`, position: at(number) });
  const calls = () => store.marks.map(({ positions }) => positions);

  it('marks a copy, which is kept as history from then on', async () => {
    await add(2);
    expect(store.marks).toEqual([{ subscriber: A, positions: [at(2)], expiresAt: clock.now() + 1000 }]);
    expect(store.positions(A)).toEqual([1, 3, 4, 5].map(at));
    expect(marked).toEqual([1]);
  });

  it('marks what one task adds with one call', async () => {
    await Promise.all([add(1), add(2), add(3)]);
    expect(calls()).toEqual([[at(1), at(2), at(3)]]);
  });

  it('gathers what is added while it writes', async () => {
    const written = deferred();
    store.gate = () => written.promise;
    const adding = [add(1)];
    await settled();
    adding.push(add(2));
    await settled();
    adding.push(add(3));
    expect(marker.waiting).toBe(2);
    written.resolve();
    await Promise.all(adding);
    expect(calls()).toEqual([[at(1)], [at(2), at(3)]]);
    expect(marked).toEqual([1, 2]);
  });

  it('resolves for each copy only once it is marked', async () => {
    const written = deferred();
    store.gate = () => written.promise;
    let isMarked = false;
    const adding = add(1).then(() => (isMarked = true));
    await settled();
    expect(isMarked).toBe(false);
    written.resolve();
    await adding;
  });

  describe('when the store fails', () => {
    it('tries again every second until it can, with what came meanwhile behind it', async () => {
      store.gate = UNAVAILABLE;
      const adding = [add(1)];
      await clock.advanceAsync(2500);
      expect(logged.lines('backlog.mark_failed')).toHaveLength(3);
      adding.push(add(2));
      store.gate = OPEN;
      await clock.advanceAsync(500);
      await Promise.all(adding);
      expect(calls()).toEqual([[at(1)], [at(2)]]);
    });

    it('says of each try that failed that it may have marked some', async () => {
      store.gate = UNAVAILABLE;
      const adding = add(1);
      await clock.advanceAsync(1500);
      expect(marked).toEqual([null, null]);
      store.gate = OPEN;
      await clock.advanceAsync(500);
      await adding;
      expect(marked).toEqual([null, null, 1]);
    });

    it('is flushed only once all is marked', async () => {
      store.gate = UNAVAILABLE;
      void add(1);
      let isFlushed = false;
      const flushing = marker.flushed().then(() => (isFlushed = true));
      await clock.advanceAsync(10_000);
      expect(isFlushed).toBe(false);
      store.gate = OPEN;
      await clock.advanceAsync(1000);
      await flushing;
      expect(store.positions(A)).toHaveLength(4);
    });

    it('tries once more after it was stopped, and then gives up', async () => {
      store.gate = UNAVAILABLE;
      void add(1);
      await settled();
      marker.stop();
      const flushing = marker.flushed();
      await clock.advanceAsync(1000);
      await flushing;
      expect(logged.lines('backlog.mark_failed')).toHaveLength(2);
      expect(clock.pendingTimers).toBe(0);
    });
  });

  it('is flushed at once when there is nothing to mark', async () => {
    await expect(marker.flushed()).resolves.toBeUndefined();
    expect(store.marks).toEqual([]);
  });

  describe('where a copy was not read', () => {
    const addUnread = (id: string) => marker.add({ id, position: null });

    it('finds it by its id, and marks with one call, those that were read included', async () => {
      const located = jest.spyOn(store, 'locate');
      await Promise.all([addUnread(`msg_${at(2)}`), add(1), addUnread(`msg_${at(3)}`)]);
      expect(located.mock.calls).toEqual([[A, [`msg_${at(2)}`, `msg_${at(3)}`]]]);
      expect(calls()).toEqual([[at(1), at(2), at(3)]]);
      expect(marked).toEqual([3]);
    });

    it('marks nothing when it is not pending any more', async () => {
      await addUnread(`msg_${at(6)}`);
      expect([calls(), marked]).toEqual([[], []]);
    });

    it('tries again when it cannot be found out where it stands', async () => {
      store.gate = (operation) => (operation === 'locate' ? UNAVAILABLE('', '') : Promise.resolve());
      const adding = addUnread(`msg_${at(2)}`);
      await clock.advanceAsync(500);
      expect([calls(), marked]).toEqual([[], []]);
      store.gate = OPEN;
      await clock.advanceAsync(500);
      await adding;
      expect([calls(), marked]).toEqual([[[at(2)]], [1]]);
    });
  });

  it('looks up nothing for copies that were read', async () => {
    const located = jest.spyOn(store, 'locate');
    await store.markReceived(A, [at(1)], 0);
    await Promise.all([add(1), add(2)]);
    expect(located).not.toHaveBeenCalled();
  });

  it('counts a copy that was acked meanwhile as not marked by it', async () => {
    await store.markReceived(A, [at(1)], 0);
    await Promise.all([add(1), add(2)]);
    expect(marked).toEqual([1]);
  });
});
