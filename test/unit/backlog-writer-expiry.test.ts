import type { BacklogWriter } from '../../src/broker/backlog-writer';
import { settled } from '../support/deferred';
import { type FakeMessageStore, OPEN, UNAVAILABLE } from '../support/fakes';
import type { ManualClock } from '../support/manual-clock';
import { LIMITS, NEWEST, newWriterScene, numbers, type WriterScene } from '../support/writer-scene';

const A = 'http://a/hook';
const AGE_MS = LIMITS.maxAgeSeconds * 1000;

describe('BacklogWriter, when messages expire', () => {
  let store: FakeMessageStore;
  let clock: ManualClock;
  let writer: BacklogWriter;
  let scene: WriterScene;

  beforeEach(() => {
    scene = newWriterScene(A);
    ({ store, clock, writer } = scene);
  });

  const waiting = () => scene.waiting();

  /** That many are there from before, of which the first have expired. */
  function fill(count: number, expired: number): void {
    for (const number of numbers(count)) {
      store.add(A, scene.at(number), String(number), number < expired ? clock.now() : Infinity);
    }
  }

  it.each([['drop_newest'], ['drop_oldest']] as const)('%s: they make room for others', async (overflow) => {
    await scene.writeAll(numbers(10), { ...LIMITS, overflow });
    clock.advance(AGE_MS);
    const written = await scene.writeAll(numbers(10, 10), { ...LIMITS, overflow });
    expect(written).toEqual(Array(10).fill({ stored: true, dropped: 0, error: null }));
    expect([waiting(), scene.droppedCount()]).toEqual([numbers(10, 10), 0]);
  });

  it.each([['drop_newest'], ['drop_oldest']] as const)(
    '%s: they go before any other where they are far more than there is room for',
    async (overflow) => {
      fill(100, 95);
      const written = await scene.writeAll(numbers(6, 100), { ...LIMITS, overflow });
      expect(written.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1);
      expect(waiting()).toEqual(overflow === 'drop_newest' ? numbers(10, 95) : numbers(10, 96));
      expect(scene.droppedCount()).toBe(1);
    },
  );

  it('they are looked for once a second, and never while there is room', async () => {
    const purgeExpired = jest.spyOn(store, 'purgeExpired');
    await scene.writeAll(numbers(10), NEWEST);
    expect(purgeExpired).not.toHaveBeenCalled();
    await scene.writeAll(numbers(5, 10), NEWEST);
    expect(purgeExpired).toHaveBeenCalledTimes(1);
    clock.advance(1000);
    await scene.writeAll(numbers(5, 15), LIMITS);
    expect(purgeExpired).toHaveBeenCalledTimes(2);
    expect(scene.droppedCount()).toBe(10);
  });

  it('counts anew when they cannot be deleted, and goes on', async () => {
    await scene.writeAll(numbers(10));
    store.gate = (operation) => (operation === 'purgeExpired' ? UNAVAILABLE('', '') : Promise.resolve());
    await expect(scene.write(10, NEWEST)).resolves.toEqual({ stored: false, dropped: 1, error: null });
    expect(scene.logged.lines('backlog.expiry_failed')).toHaveLength(1);
    store.gate = OPEN;
    await store.purge(A, { limit: 4 });
    await expect(scene.write(11, NEWEST)).resolves.toMatchObject({ stored: true });
  });

  it.each([['drop_newest'], ['drop_oldest']] as const)(
    '%s: drops nothing for those that were deleted without its knowledge',
    async (overflow) => {
      await scene.writeAll(numbers(10), { ...LIMITS, overflow });
      await store.purge(A, { limit: 9 });
      writer.expired();
      await expect(scene.write(10, { ...LIMITS, overflow })).resolves.toMatchObject({
        stored: true,
        dropped: 0,
      });
      expect(waiting()).toEqual([9, 10]);
    },
  );

  it('drops no live one where they are deleted at that moment', async () => {
    await scene.writeAll(numbers(10));
    store.gate = async (operation) => {
      if (operation !== 'purge') return;
      store.gate = OPEN;
      await store.purge(A, { limit: 9 });
    };
    const writing = scene.write(10);
    await settled();
    await expect(writing).resolves.toMatchObject({ dropped: 0 });
    expect(waiting()).toEqual([9, 10]);
  });

  it('have nothing to be counted for where nothing was stored yet', async () => {
    writer.expired();
    await scene.writeAll(numbers(10));
    expect(store.counts).toBe(1);
  });
});
