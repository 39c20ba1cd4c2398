import { setImmediate as nextTurn } from 'node:timers/promises';
import { TurnBatches } from '../../src/turn-batches';

describe('TurnBatches', () => {
  const done: (readonly number[])[] = [];
  const newBatches = (result: () => Promise<unknown> = () => Promise.resolve()) =>
    new TurnBatches<number>((items) => {
      done.push(items);
      return result();
    });

  beforeEach(() => {
    done.length = 0;
  });

  it('does together, in their order, what comes in one turn, and the next turn anew', async () => {
    const batches = newBatches();
    await Promise.all([batches.add(1), Promise.resolve().then(() => batches.add(2))]);
    await batches.add(3);
    expect(done).toEqual([[1, 2], [3]]);
  });

  it('waits for the end of the turn', async () => {
    void newBatches().add(1);
    await Promise.resolve();
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual([[1]]);
  });

  it('does at once what has become much, and what comes after it by itself', async () => {
    const batches = newBatches();
    for (let n = 0; n < 300; n += 1) void batches.add(n);
    expect(done.map((items) => items.length)).toEqual([128, 128]);
    await nextTurn();
    expect(done.map((items) => items.length)).toEqual([128, 128, 44]);
    expect(done.flat()).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  it('does at once what has gathered when it is told to, and nothing when nothing has', async () => {
    const batches = newBatches();
    void batches.add(1);
    batches.flush();
    batches.flush();
    expect(done).toEqual([[1]]);
    await nextTurn();
    expect(done).toEqual([[1]]);
  });

  it('settles each as the batch that it is in', async () => {
    const results = [Promise.reject(new Error('the first')), Promise.resolve()];
    const batches = newBatches(() => results.shift() ?? Promise.reject(new Error('no more')));
    const first = [batches.add(1), batches.add(2)];
    await nextTurn();
    const second = batches.add(3);
    await expect(Promise.allSettled([...first, second])).resolves.toMatchObject([
      { status: 'rejected', reason: { message: 'the first' } },
      { status: 'rejected', reason: { message: 'the first' } },
      { status: 'fulfilled' },
    ]);
  });
});
