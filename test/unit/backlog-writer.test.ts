import type { BacklogWriter } from '../../src/broker/backlog-writer';
import { PurgeInterruptedError, StoreUnavailableError } from '../../src/errors';
import type { BacklogSettings } from '../../src/model';
import { deferred, type Deferred, settled } from '../support/deferred';
import { type FakeMessageStore, OPEN, UNAVAILABLE } from '../support/fakes';
import type { ManualClock } from '../support/manual-clock';
import {
  LIMITS,
  NEWEST,
  newRandom,
  newWriterScene,
  numbers,
  type WriterScene,
} from '../support/writer-scene';

const A = 'http://a/hook';

describe('BacklogWriter', () => {
  let store: FakeMessageStore;
  let clock: ManualClock;
  let writer: BacklogWriter;
  let logged: WriterScene['logged'];
  let scene: WriterScene;

  beforeEach(() => {
    scene = newWriterScene(A);
    ({ store, clock, writer, logged } = scene);
  });

  const waiting = () => scene.waiting();
  const at = (number: number) => scene.at(number);
  const write = (...args: Parameters<WriterScene['write']>) => scene.write(...args);
  const writeAll = (...args: Parameters<WriterScene['writeAll']>) => scene.writeAll(...args);

  /** Lets a test decide when each copy gets into the store. */
  function holdPuts(): Map<string, Deferred<undefined>> {
    const held = new Map<string, Deferred<undefined>>();
    store.gate = async (operation, id) => {
      if (operation !== 'put') return;
      const gate = deferred<undefined>();
      held.set(id, gate);
      await gate.promise;
    };
    return held;
  }

  it('stores a copy that expires after the age that the subscriber set', async () => {
    await expect(write(1)).resolves.toEqual({ stored: true, dropped: 0, error: null });
    expect(store.puts[0]?.copies).toEqual([{ subscriber: A, expiresAt: clock.now() + 60_000 }]);
  });

  it('counts in the store once, however many write at the same time', async () => {
    await writeAll(numbers(10));
    expect(store.counts).toBe(1);
  });

  it('says why a copy could not be stored, and does not count it', async () => {
    await writeAll(numbers(9));
    store.refused = [A];
    await expect(write(9)).resolves.toMatchObject({
      stored: false,
      dropped: 0,
      error: { message: 'refused' },
    });
    store.refused = [];
    await expect(write(10)).resolves.toMatchObject({ stored: true, dropped: 0 });
    expect(store.positions(A)).toHaveLength(10);
  });

  describe('with drop_oldest', () => {
    it('drops the oldest for one more than the limit, and says so', async () => {
      await writeAll(numbers(10));
      await expect(write(10)).resolves.toEqual({ stored: true, dropped: 1, error: null });
      expect(waiting()).toEqual(numbers(10, 1));
      expect(scene.droppedCount()).toBe(1);
      expect(logged.lines('backlog.dropped')).toMatchObject([{ level: 40, subscriber: A, messages: 1 }]);
    });

    it('keeps exactly the limit, and the newest, under 50 writes at the same time', async () => {
      const written = await writeAll(numbers(50));
      expect(waiting()).toEqual(numbers(10, 40));
      expect(written.every(({ stored }) => stored)).toBe(true);
      expect(written.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(40);
      expect(scene.droppedCount()).toBe(40);
    });

    it('keeps exactly the limit when the copies get into the store one by one', async () => {
      const held = holdPuts();
      const writing = writeAll(numbers(50));
      await settled();
      for (const gate of held.values()) {
        gate.resolve(undefined);
        await settled();
      }
      const written = await writing;
      expect(waiting()).toEqual(numbers(10, 40));
      expect(written.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(40);
      expect(scene.droppedCount()).toBe(40);
    });

    it('keeps exactly the limit when many write for a while and drops take their time', async () => {
      const random = newRandom();
      const left: number[] = [];
      let next = 0;
      let dropped = 0;
      store.gate = async () => {
        for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve();
        left.push(store.positions(A).length);
      };
      const publisher = async () => {
        while (next < 600) {
          const written = await write(next++);
          dropped += written.dropped;
        }
      };
      await Promise.all(numbers(16).map(publisher));
      expect(store.positions(A)).toHaveLength(10);
      expect(dropped).toBe(590);
      expect(scene.droppedCount()).toBe(590);
      expect(Math.max(...left)).toBeLessThanOrEqual(10 + 16);
      expect(Math.min(...left.slice(left.indexOf(10)))).toBeGreaterThanOrEqual(10);
    });

    it('drops for all that wait for it at once', async () => {
      await writeAll(numbers(10));
      const purge = jest.spyOn(store, 'purge');
      const held = deferred<undefined>();
      store.gate = (operation) => (operation === 'purge' ? held.promise : Promise.resolve());
      const first = write(10);
      await settled();
      const others = writeAll(numbers(5, 11));
      await settled();
      expect(store.positions(A)).toHaveLength(16);
      held.resolve(undefined);
      await expect(first).resolves.toMatchObject({ dropped: 1 });
      expect((await others).map(({ dropped }) => dropped)).toEqual([5, 0, 0, 0, 0]);
      expect(purge.mock.calls.map(([, { limit }]) => limit)).toEqual([1, 5]);
      expect(waiting()).toEqual(numbers(10, 6));
    });

    it('begins with what is there from before', async () => {
      for (const number of numbers(12)) store.add(A, at(number), String(number));
      await expect(write(12)).resolves.toMatchObject({ dropped: 3 });
      expect(waiting()).toEqual(numbers(10, 3));
    });

    it('drops down to a limit that was lowered', async () => {
      await writeAll(numbers(10));
      await expect(write(10, { ...LIMITS, maxMessages: 3 })).resolves.toMatchObject({ dropped: 8 });
      expect(waiting()).toEqual([8, 9, 10]);
    });

    it('makes up later for what it could not drop', async () => {
      await writeAll(numbers(10));
      store.gate = (operation) => (operation === 'purge' ? UNAVAILABLE('', '') : Promise.resolve());
      await expect(write(10)).resolves.toEqual({ stored: true, dropped: 0, error: null });
      expect(logged.lines('backlog.drop_failed')).toHaveLength(1);
      store.gate = OPEN;
      await expect(write(11)).resolves.toMatchObject({ dropped: 2 });
      expect(waiting()).toEqual(numbers(10, 2));
    });

    it('tells what it dropped before it could not go on, and drops the rest later', async () => {
      await writeAll(numbers(10));
      jest.spyOn(store, 'purge').mockImplementationOnce(async () => {
        await store.purge(A, { limit: 2 });
        throw new PurgeInterruptedError(2, new StoreUnavailableError('the disk is full'));
      });
      const lower = { ...LIMITS, maxMessages: 3 };
      await expect(write(10, lower)).resolves.toEqual({ stored: true, dropped: 2, error: null });
      expect(logged.lines('backlog.drop_failed')).toHaveLength(1);
      await expect(write(11, lower)).resolves.toMatchObject({ dropped: 7 });
      expect(waiting()).toEqual([9, 10, 11]);
      expect(scene.droppedCount()).toBe(9);
    });

    it('counts anew when there was less to drop than it thought', async () => {
      await writeAll(numbers(10));
      await store.purge(A, {});
      await expect(write(10, { ...LIMITS, maxMessages: 3 })).resolves.toMatchObject({ dropped: 0 });
      await writeAll(numbers(5, 11));
      expect(waiting()).toEqual(numbers(6, 10));
      expect(store.counts).toBe(2);
    });
  });

  describe('with drop_newest', () => {
    it('refuses one more than the limit, and does not ask the store to keep it', async () => {
      await writeAll(numbers(10), NEWEST);
      await expect(write(10, NEWEST)).resolves.toEqual({ stored: false, dropped: 1, error: null });
      expect(store.puts).toHaveLength(10);
      expect(scene.droppedCount()).toBe(1);
    });

    it('keeps exactly the limit, and the oldest, under 50 writes at the same time', async () => {
      const written = await writeAll(numbers(50), NEWEST);
      expect(waiting()).toEqual(numbers(10));
      expect(written.filter(({ stored }) => stored)).toHaveLength(10);
      expect(scene.droppedCount()).toBe(40);
    });

    it('takes as many again as were received', async () => {
      await writeAll(numbers(10), NEWEST);
      await writer.removing(() => store.markReceivedUpTo(A, at(2)));
      const written = await writeAll(numbers(5, 10), NEWEST);
      expect(written.map(({ stored }) => stored)).toEqual([true, true, true, false, false]);
      expect(store.positions(A)).toHaveLength(10);
    });

    it('gives the place of a copy that could not be stored to the next', async () => {
      await writeAll(numbers(9), NEWEST);
      store.refused = [A];
      await write(9, NEWEST);
      store.refused = [];
      await expect(write(10, NEWEST)).resolves.toMatchObject({ stored: true });
    });
  });

  describe('when a message that is published again is there already', () => {
    const again = (number: number, limits: BacklogSettings) => write(number, limits, true);

    it.each([['pending'], ['received']])('drops no other for it when it is %s', async (state) => {
      await writeAll(numbers(10));
      // Putting what was received changes nothing either.
      if (state === 'received') jest.spyOn(store, 'put').mockResolvedValueOnce([]);
      await expect(again(9, LIMITS)).resolves.toEqual({ stored: true, dropped: 0, error: null });
      expect([waiting(), scene.droppedCount()]).toEqual([numbers(10), 0]);
      await expect(write(10)).resolves.toMatchObject({ dropped: 1 });
      expect(waiting()).toEqual(numbers(10, 1));
    });

    it('says that it is stored also where the newest would be dropped', async () => {
      await writeAll(numbers(10), NEWEST);
      await expect(again(9, NEWEST)).resolves.toEqual({ stored: true, dropped: 0, error: null });
      expect([waiting(), scene.droppedCount()]).toEqual([numbers(10), 0]);
      // As it may not be known to be.
      await expect(store.lateCopies()).resolves.toEqual([{ subscriber: A, id: 'msg_9' }]);
    });

    it('takes another one at the same time for the last that there is room for', async () => {
      await writeAll(numbers(9), NEWEST);
      const written = await Promise.all([again(8, NEWEST), write(9, NEWEST)]);
      expect(written.map(({ stored, dropped }) => [stored, dropped])).toEqual(Array(2).fill([true, 0]));
      expect(waiting()).toEqual(numbers(10));
    });
  });

  describe('when a message that is published again is not there', () => {
    it('drops the oldest for it, or itself, as for any other', async () => {
      await writeAll(numbers(10));
      await expect(write(10, NEWEST, true)).resolves.toEqual({ stored: false, dropped: 1, error: null });
      await expect(write(11, LIMITS, true)).resolves.toEqual({ stored: true, dropped: 1, error: null });
      expect(waiting()).toEqual([...numbers(9, 1), 11]);
      expect(scene.droppedCount()).toBe(2);
    });

    it('keeps exactly the limit under 50 at the same time', async () => {
      const written = await Promise.all(numbers(50).map((number) => write(number, LIMITS, number % 2 === 0)));
      expect(waiting()).toEqual(numbers(10, 40));
      expect(written.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(40);
    });
  });

  it('says that the store failed when it cannot tell whether a message is there for which there is no room', async () => {
    await writeAll(numbers(10), NEWEST);
    store.gate = (operation) => (operation === 'locate' ? UNAVAILABLE('', '') : Promise.resolve());
    await expect(write(9, NEWEST, true)).resolves.toMatchObject({
      stored: false,
      dropped: 0,
      error: { message: 'secret: the disk is full' },
    });
    expect([scene.droppedCount(), waiting()]).toEqual([0, numbers(10)]);
  });

  describe('when messages left without its knowledge, by expiring', () => {
    it('counts anew once it is full and the count is old', async () => {
      await writeAll(numbers(10), NEWEST);
      await store.purge(A, { limit: 4 });
      await expect(write(10, NEWEST)).resolves.toMatchObject({ stored: false });
      clock.advance(5000);
      const written = await writeAll(numbers(5, 11), NEWEST);
      expect(written.map(({ stored }) => stored)).toEqual([true, true, true, true, false]);
      expect(store.counts).toBe(2);
    });

    it('drops nothing before it has counted, also while others write without a pause', async () => {
      await writeAll(numbers(9));
      await store.purge(A, {});
      clock.advance(5000);
      const held = holdPuts();
      const writing = [write(9), write(10), write(11)];
      await settled();
      expect([...held.keys()]).toEqual(['msg_9']);
      held.get('msg_9')?.resolve(undefined);
      await settled();
      expect(store.counts).toBe(2);
      expect([...held.keys()]).toEqual(['msg_9', 'msg_10', 'msg_11']);
      for (const gate of held.values()) gate.resolve(undefined);
      expect((await Promise.all(writing)).map(({ dropped }) => dropped)).toEqual([0, 0, 0]);
      expect(waiting()).toEqual([9, 10, 11]);
    });

    it('counts anew at once when they may have left', async () => {
      await writeAll(numbers(10));
      const fault = new StoreUnavailableError('the answer was lost');
      const removing = writer.removing(async () => {
        await store.purge(A, { limit: 4 });
        throw fault;
      });
      await expect(removing).rejects.toBe(fault);
      const written = await writeAll(numbers(5, 10));
      expect(written.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1);
      expect(store.counts).toBe(2);
    });

    it('takes those that left while it counted for gone', async () => {
      await writeAll(numbers(10));
      clock.advance(5000);
      const held = deferred<undefined>();
      const countPending = store.countPending.bind(store);
      jest.spyOn(store, 'countPending').mockImplementationOnce(async (subscriber) => {
        const count = await countPending(subscriber);
        await held.promise;
        return count;
      });
      const writing = write(10);
      await settled();
      await writer.removing(() => store.purge(A, { limit: 3 }));
      held.resolve(undefined);
      await expect(writing).resolves.toMatchObject({ dropped: 0 });
      expect(waiting()).toEqual(numbers(8, 3));
    });

    it('does not count anew while it is not full', async () => {
      await writeAll(numbers(5), NEWEST);
      clock.advance(60_000);
      await writeAll(numbers(4, 5), NEWEST);
      expect(store.counts).toBe(1);
    });
  });

  it('stores what it can when counting fails, and counts again 5 seconds later', async () => {
    store.gate = (operation) => (operation === 'countPending' ? UNAVAILABLE('', '') : Promise.resolve());
    await expect(write(1)).resolves.toEqual({ stored: true, dropped: 0, error: null });
    expect(logged.lines('backlog.count_failed')).toHaveLength(1);
    store.gate = OPEN;
    clock.advance(4999);
    await writeAll(numbers(8, 2));
    expect(store.counts).toBe(1);
    clock.advance(1);
    await write(10);
    expect(store.counts).toBe(2);
    await expect(write(11)).resolves.toMatchObject({ dropped: 1 });
    expect(waiting()).toEqual(numbers(10, 2));
  });

  describe('while counting takes its time', () => {
    let counting: Deferred<undefined>;

    beforeEach(() => {
      counting = deferred();
      store.gate = (operation) => (operation === 'countPending' ? counting.promise : Promise.resolve());
    });

    it('waits for a second, and for all together', async () => {
      const writing = writeAll(numbers(2));
      await clock.advanceAsync(999);
      expect(waiting()).toEqual([]);
      await clock.advanceAsync(1);
      await writing;
      await write(2);
      expect([waiting(), store.counts]).toEqual([numbers(3), 1]);
    });

    it('counts nothing twice that is being written then, and keeps the limit from the next count on', async () => {
      void write(0);
      await clock.advanceAsync(1000);
      await writeAll(numbers(8, 1));
      const held = holdPuts();
      const writing = write(9);
      await settled();
      counting.resolve(undefined);
      await settled();
      held.get('msg_9')?.resolve(undefined);
      await expect(writing).resolves.toMatchObject({ dropped: 0 });
      store.gate = OPEN;
      // It may have been counted already, so it is taken for one too few until it is counted anew.
      await expect(write(10)).resolves.toMatchObject({ dropped: 0 });
      clock.advance(5000);
      await expect(write(11)).resolves.toMatchObject({ dropped: 2 });
      expect([waiting(), store.counts]).toEqual([numbers(10, 2), 2]);
    });

    it('waits for copies that are being written no longer than that, and counts then', async () => {
      const held = holdPuts();
      const hung = write(0);
      await settled();
      held.get('msg_0')?.resolve(undefined);
      await hung;
      const slow = write(1);
      await settled();
      writer.expired();
      const next = write(2, { ...LIMITS, maxMessages: 1 });
      await clock.advanceAsync(1000);
      expect([[...held.keys()], store.counts]).toEqual([['msg_0', 'msg_1', 'msg_2'], 2]);
      for (const gate of held.values()) gate.resolve(undefined);
      await Promise.all([slow, next]);
    });
  });

  it('is idle when nothing is being written', async () => {
    const held = holdPuts();
    const writing = write(1);
    await settled();
    expect(writer.isIdle).toBe(false);
    held.get('msg_1')?.resolve(undefined);
    await writing;
    expect(writer.isIdle).toBe(true);
  });
});
