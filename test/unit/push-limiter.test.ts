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
    await expect(Promise.all([limiter.enter(0), limiter.enter(0)])).resolves.toStrictEqual([true, true]);
    expect(limiter).toMatchObject({ active: 2, waiting: 0 });
  });

  it('lets the others in one by one, in the order in which they came', async () => {
    const entered: number[] = [];
    const all = [1, 2, 3, 4].map((it) => limiter.enter(100).then(() => entered.push(it)));
    await clock.advanceAsync(0);
    expect(entered).toStrictEqual([1, 2]);
    expect(limiter).toMatchObject({ active: 2, waiting: 2 });

    limiter.leave();
    await clock.advanceAsync(0);
    expect(entered).toStrictEqual([1, 2, 3]);

    limiter.leave();
    await Promise.all(all);
    expect(entered).toStrictEqual([1, 2, 3, 4]);
    expect(limiter).toMatchObject({ active: 2, waiting: 0 });
  });

  it('turns away who has waited too long, and takes nothing for it', async () => {
    await Promise.all([limiter.enter(0), limiter.enter(0)]);
    const late = limiter.enter(100);
    await clock.advanceAsync(100);
    await expect(late).resolves.toBe(false);

    limiter.leave();
    limiter.leave();
    expect(limiter).toMatchObject({ active: 0, waiting: 0 });
  });

  it('leaves no timer behind for who got in', async () => {
    await Promise.all([limiter.enter(0), limiter.enter(0)]);
    const waited = limiter.enter(100);
    limiter.leave();
    await expect(waited).resolves.toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
