import { setImmediate as nextTurn } from 'node:timers/promises';
import { atEndOfTurn } from '../../src/end-of-turn';

describe('atEndOfTurn', () => {
  it('runs tasks in their order, when all that is ready now has run', async () => {
    const done: string[] = [];
    atEndOfTurn(() => done.push('one'));
    atEndOfTurn(() => done.push('two'));
    process.nextTick(() => done.push('tick'));
    await Promise.resolve().then(() => done.push('promise'));
    await nextTurn();
    expect(done.slice(0, 2).sort()).toEqual(['promise', 'tick']);
    expect(done.slice(2)).toEqual(['one', 'two']);
  });

  it('runs what a task adds right after it, in the same turn, however many it adds', async () => {
    const done: string[] = [];
    atEndOfTurn(() => {
      done.push('outer');
      for (let n = 0; n < 200; n += 1) atEndOfTurn(() => done.push('inner'));
    });
    atEndOfTurn(() => done.push('other'));
    await nextTurn();
    expect(done).toEqual(['outer', ...Array<string>(200).fill('inner'), 'other']);
  });

  it('does not wait longer than for many, so that the first of thousands is not late', async () => {
    const done: number[] = [];
    for (let n = 1; n <= 200; n += 1) atEndOfTurn(() => done.push(n));
    expect(done).toHaveLength(128);
    await nextTurn();
    expect(done).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  it('never runs a task in the call that gives it, however many wait', async () => {
    let ranAtOnce = 0;
    for (let n = 1; n <= 300; n += 1) {
      let isGiven = false;
      atEndOfTurn(() => (ranAtOnce += isGiven ? 0 : 1));
      isGiven = true;
    }
    await nextTurn();
    expect(ranAtOnce).toBe(0);
  });
});
