import { Retention } from '../../src/broker/retention';
import { captureLog } from '../support/capture-log';
import { ManualClock } from '../support/manual-clock';

describe('Retention', () => {
  const clock = new ManualClock();
  const asked: number[] = [];
  let left = 0;

  function newRetention(random: number): Retention {
    asked.length = 0;
    const start = clock.now();
    const task = (now: number, limit: number) => {
      asked.push(now - start);
      const deleted = Math.min(left, limit);
      left -= deleted;
      return Promise.resolve(deleted);
    };
    return new Retention({ clock, log: captureLog().log, random: () => random, tasks: [task] });
  }

  it.each([
    [0, 0],
    [0.5, 2500],
    [0.999, 4995],
  ])('begins soon after the start, spread by chance: %d', async (random, first) => {
    const retention = newRetention(random);
    await retention.start();
    await clock.advanceAsync(12_000);
    expect(asked.slice(0, 2)).toEqual([first, first + 5000]);
    await retention.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on at once while there is more', async () => {
    left = 1100;
    const retention = newRetention(0);
    await retention.start();
    await clock.advanceAsync(100);
    expect([left, asked]).toEqual([0, [0, 10, 20]]);
    await retention.stop();
  });
});
