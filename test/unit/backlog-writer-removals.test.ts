import type { BacklogWriter } from '../../src/broker/backlog-writer';
import { deferred, settled } from '../support/deferred';
import type { FakeMessageStore } from '../support/fakes';
import { newRandom, newWriterScene, numbers, type WriterScene } from '../support/writer-scene';

const A = 'http://a/hook';

describe('BacklogWriter, when copies leave while others are dropped', () => {
  let store: FakeMessageStore;
  let writer: BacklogWriter;
  let scene: WriterScene;

  beforeEach(() => {
    scene = newWriterScene(A);
    ({ store, writer } = scene);
  });

  const waiting = () => scene.waiting();
  const at = (number: number) => scene.at(number);
  const write = (number: number) => scene.write(number);
  const writeAll = (wanted: readonly number[]) => scene.writeAll(wanted);

  it('drops none for a message that comes while others leave', async () => {
    await writeAll(numbers(10));
    const answer = deferred<undefined>();
    const removing = writer.removing(async () => {
      const count = await store.purge(A, {});
      await answer.promise;
      return count;
    });
    const writing = writeAll([10, 11]);
    await settled();
    expect(waiting()).toEqual([10, 11]);
    answer.resolve(undefined);
    await expect(removing).resolves.toBe(10);
    expect((await writing).map(({ dropped }) => dropped)).toEqual([0, 0]);
    expect([waiting(), scene.droppedCount()]).toEqual([[10, 11], 0]);
  });

  it('lets others leave only after those that it drops, in turn with drops that follow one another', async () => {
    await writeAll(numbers(10));
    const held = [deferred<undefined>(), deferred<undefined>()];
    let drops = 0;
    store.gate = (operation) =>
      operation === 'purge' ? (held[drops++]?.promise ?? Promise.resolve()) : Promise.resolve();
    const writing = [write(10)];
    await settled();
    const removing = writer.removing(() => store.markReceivedUpTo(A, at(4)));
    writing.push(write(11));
    await settled();
    expect(waiting()).toEqual(numbers(12));
    held[0]?.resolve(undefined);
    await expect(removing).resolves.toBe(4);
    expect((await Promise.all(writing)).map(({ dropped }) => dropped)).toEqual([1, 0]);
    expect([waiting(), drops]).toEqual([numbers(7, 5), 1]);
    expect(writer.isIdle).toBe(true);
  });

  it('leaves no fewer than the limit when many write while others leave, whatever takes how long', async () => {
    const random = newRandom();
    const take = async () => {
      for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve();
    };
    store.gate = take;
    const purge = store.purge.bind(store);
    const kept: number[] = [];
    jest.spyOn(store, 'purge').mockImplementation(async (subscriber, bounds) => {
      const purged = await purge(subscriber, bounds);
      kept.push(store.positions(A).length);
      return purged;
    });
    let next = 0;
    let left = 0;
    const publisher = async () => {
      while (next < 600) await write(next++);
    };
    const receiver = async () => {
      while (next < 600) {
        const [first = '~'] = store.positions(A);
        const count = await writer.removing(async () => {
          const marked = await store.markReceivedUpTo(A, first);
          await take();
          return marked;
        });
        left += count;
        await take();
      }
    };
    await Promise.all([...numbers(12).map(publisher), receiver(), receiver()]);
    expect(kept.length).toBeGreaterThan(20);
    expect(Math.min(...kept)).toBeGreaterThanOrEqual(10);
    expect(left).toBeGreaterThan(20);
    expect(store.positions(A).length + left + scene.droppedCount()).toBe(600);
    await writeAll(numbers(10, 600));
    expect(waiting()).toEqual(numbers(10, 600));
  });
});
