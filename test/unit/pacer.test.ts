import { Pacer } from '../../src/delivery/pacer';
import { ManualClock } from '../support/manual-clock';

describe('Pacer', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
  });

  /** Pushes as fast as it may, by timers of whole milliseconds that are late by up to `lateMs`; counts the pushes. */
  function pushesWithin(pacer: Pacer, ms: number, lateMs = 0): number {
    const end = clock.monotonicMs() + ms;
    let pushes = 0;
    for (let turn = 0; clock.monotonicMs() < end; turn += 1) {
      while (pacer.tryTake()) pushes += 1;
      const late = lateMs === 0 ? 0 : turn % (lateMs + 1);
      const left = end - clock.monotonicMs();
      clock.advance(Math.min(left, Math.max(1, Math.ceil(pacer.waitMs) + late)));
    }
    return pushes;
  }

  it('lets everything pass without a rate', () => {
    const pacer = new Pacer(clock, null);
    for (let count = 0; count < 1000; count += 1) expect(pacer.tryTake()).toBe(true);
    expect(pacer.waitMs).toBe(0);
  });

  it.each([
    [3, 0],
    [3, 20],
    [500, 0],
    [500, 20],
  ])('keeps a rate of %d per second within 5 %% over 10 s, with timers up to %d ms late', (rate, lateMs) => {
    const pushes = pushesWithin(new Pacer(clock, rate), 10_000, lateMs);
    expect(Math.abs(pushes - rate * 10)).toBeLessThanOrEqual(rate * 10 * 0.05);
  });

  it('spaces pushes evenly', () => {
    const pacer = new Pacer(clock, 4);
    pacer.take();
    const gaps = Array.from({ length: 5 }, () => {
      const gap = pacer.waitMs;
      clock.advance(gap);
      pacer.take();
      return gap;
    });
    expect(gaps.slice(1)).toEqual([250, 250, 250, 250]);
  });

  it('does not save up what was not used', () => {
    const pacer = new Pacer(clock, 10);
    pacer.take();
    clock.advance(60_000);
    expect(pushesWithin(pacer, 1000)).toBeLessThanOrEqual(11);
  });

  it('refuses a push before its time, and takes nothing for it', () => {
    const pacer = new Pacer(clock, 2);
    expect(pacer.tryTake()).toBe(true);
    expect([pacer.tryTake(), pacer.tryTake()]).toEqual([false, false]);
    clock.advance(500);
    expect(pacer.tryTake()).toBe(true);
  });

  describe('when the rate changes', () => {
    it('waits no longer than the new rate wants', () => {
      const pacer = new Pacer(clock, 0.01);
      pacer.take();
      pacer.perSecond = 10;
      expect(pacer.waitMs).toBeLessThanOrEqual(100);
      expect(Math.abs(pushesWithin(pacer, 10_000) - 100)).toBeLessThanOrEqual(5);
    });

    it('keeps to a lower one from then on', () => {
      const pacer = new Pacer(clock, 500);
      pushesWithin(pacer, 1000);
      pacer.perSecond = 3;
      const pushes = pushesWithin(pacer, 10_000);
      expect(Math.abs(pushes - 30)).toBeLessThanOrEqual(1.5);
    });

    it('lets everything pass once it is taken away', () => {
      const pacer = new Pacer(clock, 1);
      pacer.take();
      pacer.perSecond = null;
      expect([pacer.waitMs, pacer.tryTake(), pacer.tryTake(), pacer.perSecond]).toEqual([
        0,
        true,
        true,
        null,
      ]);
    });
  });
});
