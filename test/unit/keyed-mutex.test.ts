import { KeyedMutex } from '../../src/broker/keyed-mutex';
import { deferred, settled } from '../support/deferred';

describe('KeyedMutex', () => {
  it('runs the tasks of one key one after the other, in the order of the calls', async () => {
    const mutex = new KeyedMutex();
    const events: string[] = [];
    const gates = [deferred(), deferred(), deferred()];
    const tasks = gates.map((gate, index) =>
      mutex.runExclusive('a', async () => {
        events.push(`+${index}`);
        await gate.promise;
        events.push(`-${index}`);
      }),
    );
    gates[2]?.resolve();
    gates[1]?.resolve();
    await settled();
    expect(events).toEqual(['+0']);
    gates[0]?.resolve();
    await Promise.all(tasks);
    expect(events).toEqual(['+0', '-0', '+1', '-1', '+2', '-2']);
  });

  it('runs the tasks of different keys side by side', async () => {
    const mutex = new KeyedMutex();
    const gate = deferred();
    const held = mutex.runExclusive('a', () => gate.promise);
    await expect(mutex.runExclusive('b', () => Promise.resolve('b'))).resolves.toBe('b');
    gate.resolve();
    await held;
  });

  it('hands back what the task resolves with', async () => {
    await expect(new KeyedMutex().runExclusive('a', () => Promise.resolve(7))).resolves.toBe(7);
  });

  it('goes on with the next task after one that failed', async () => {
    const mutex = new KeyedMutex();
    const failing = mutex.runExclusive('a', () => Promise.reject(new Error('no')));
    const next = mutex.runExclusive('a', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('can be taken again after it was free', async () => {
    const mutex = new KeyedMutex();
    for (let round = 0; round < 3; round++) {
      await expect(mutex.runExclusive('a', () => Promise.resolve(round))).resolves.toBe(round);
    }
  });

  it('holds also for a task that comes while the last one ends', async () => {
    const mutex = new KeyedMutex();
    let running = 0;
    const task = async () => {
      running += 1;
      expect(running).toBe(1);
      await settled();
      running -= 1;
    };
    const chain = async () => {
      for (let round = 0; round < 5; round++) await mutex.runExclusive('a', task);
    };
    await Promise.all([chain(), chain(), chain()]);
    expect(running).toBe(0);
  });
});
