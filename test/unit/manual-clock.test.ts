import { ManualClock } from '../support/manual-clock';

describe('ManualClock', () => {
  it('fires timers in the order in which they come due, at their time', () => {
    const clock = new ManualClock(1000);
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, clock.now()]);
    clock.setTimer(note('late'), 20);
    clock.setTimer(note('early'), 10);
    clock.setTimer(note('as early'), 10);
    clock.setTimer(note('cancelled'), 15).cancel();
    clock.advance(20);
    expect(fired).toStrictEqual([
      ['early', 1010],
      ['as early', 1010],
      ['late', 1020],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('steps its unix time alone, and no timer with it', () => {
    const clock = new ManualClock(10_000);
    const fired: number[] = [];
    clock.setTimer(() => fired.push(clock.monotonicMs()), 10);
    clock.step(-5000);
    clock.advance(9);
    clock.set(50_000);
    expect([clock.now(), clock.monotonicMs(), fired]).toEqual([50_000, 9, []]);
    clock.advance(1);
    expect([clock.now(), clock.monotonicMs(), fired]).toEqual([50_001, 10, [10]]);
  });

  it('lets promises settle between timers', async () => {
    const clock = new ManualClock(0);
    const fired: number[] = [];
    clock.setTimer(() => {
      void Promise.resolve()
        .then(() => undefined)
        .then(() => clock.setTimer(() => fired.push(clock.now()), 5));
    }, 10);
    await clock.advanceAsync(20);
    expect(fired).toStrictEqual([15]);
    expect(clock.now()).toBe(20);
  });
});
