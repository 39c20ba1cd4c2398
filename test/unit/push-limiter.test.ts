import { PushLimiter } from '../../src/delivery/push-limiter';
import { ManualClock } from '../support/manual-clock';

describe('PushLimiter', () => {
  let clock: ManualClock;
  let limiter: PushLimiter;

  beforeEach(() => {
    clock = new ManualClock();
    limiter = new PushLimiter({ clock, limit: 2 });
  });

  it('lets in as many as its limit at once', async () => {
    await expect(Promise.all([limiter.enter(true, 0), limiter.enter(true, 0)])).resolves.toStrictEqual([
      true,
      true,
    ]);
    expect(limiter).toMatchObject({ active: 2, waiting: 0 });
  });

  it('lets the others in one by one, in the order in which they came', async () => {
    const entered: number[] = [];
    const all = [1, 2, 3, 4].map((it) => limiter.enter(true, 100).then(() => entered.push(it)));
    await clock.advanceAsync(0);
    expect(entered).toStrictEqual([1, 2]);
    expect(limiter).toMatchObject({ active: 2, waiting: 2 });

    limiter.leave(true);
    await clock.advanceAsync(0);
    expect(entered).toStrictEqual([1, 2, 3]);

    limiter.leave(true);
    await Promise.all(all);
    expect(entered).toStrictEqual([1, 2, 3, 4]);
    expect(limiter).toMatchObject({ active: 2, waiting: 0 });
  });

  it('turns away who has waited too long, and takes nothing for it', async () => {
    await Promise.all([limiter.enter(true, 0), limiter.enter(true, 0)]);
    const late = limiter.enter(true, 100);
    await clock.advanceAsync(100);
    await expect(late).resolves.toBe(false);

    limiter.leave(true);
    limiter.leave(true);
    expect(limiter).toMatchObject({ active: 0, waiting: 0 });
  });

  it('leaves no timer behind for who got in', async () => {
    await Promise.all([limiter.enter(true, 0), limiter.enter(true, 0)]);
    const waited = limiter.enter(true, 100);
    limiter.leave(true);
    await expect(waited).resolves.toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  describe('and those that are not proven', () => {
    beforeEach(() => {
      limiter = new PushLimiter({ clock, limit: 4 });
    });

    it('have half of the places at most, whatever is free', async () => {
      expect([1, 2, 3].map(() => limiter.tryEnter(false))).toEqual([true, true, false]);
      expect([1, 2, 3].map(() => limiter.tryEnter(true))).toEqual([true, true, false]);
      const unproven = limiter.enter(false, 100);
      limiter.leave(true);
      expect([limiter.active, limiter.waiting]).toEqual([3, 1]);
      limiter.leave(false);
      await expect(unproven).resolves.toBe(true);
      expect([limiter.active, limiter.waiting]).toEqual([3, 0]);
    });

    it('wait in one line with the others, as far as there may be more of them', async () => {
      for (let n = 0; n < 4; n += 1) limiter.tryEnter(n < 3);
      const entered: string[] = [];
      const wait = (isProven: boolean, name: string) =>
        void limiter.enter(isProven, 100).then((hasEntered) => entered.push(`${name} ${hasEntered}`));
      wait(false, 'first unproven');
      wait(true, 'first proven');
      wait(false, 'second unproven');
      wait(true, 'second proven');
      for (let n = 0; n < 3; n += 1) limiter.leave(true);
      await clock.advanceAsync(0);
      expect(entered).toEqual(['first unproven true', 'first proven true', 'second proven true']);
      await clock.advanceAsync(100);
      expect(entered[3]).toBe('second unproven false');
      expect([limiter.active, limiter.waiting, clock.pendingTimers]).toEqual([4, 0, 0]);
    });
  });
});
