import { Refusals } from '../../src/broker/refusals';

describe('Refusals', () => {
  let refusals: Refusals;

  beforeEach(() => {
    refusals = new Refusals([5000, 30_000]);
  });

  it('knows nothing of a message that was not refused', () => {
    expect(refusals.dueAt('a')).toBeUndefined();
  });

  it('allows one attempt more than there are pauses, each after its pause', () => {
    expect(refusals.note('a', 0)).toBe(5000);
    expect(refusals.dueAt('a')).toBe(5000);
    expect(refusals.note('a', 5000)).toBe(30_000);
    expect(refusals.dueAt('a')).toBe(35_000);
    expect(refusals.note('a', 35_000)).toBeNull();
  });

  it('keeps messages apart', () => {
    refusals.note('a', 0);
    refusals.note('a', 5000);
    refusals.note('b', 6000);
    expect([refusals.dueAt('a'), refusals.dueAt('b')]).toEqual([35_000, 11_000]);
  });

  it('forgets one message, or all', () => {
    for (const id of ['a', 'b', 'c']) refusals.note(id, 0);
    refusals.delete('a');
    expect([refusals.dueAt('a'), refusals.dueAt('b')]).toEqual([undefined, 5000]);
    refusals.clear();
    expect([refusals.dueAt('b'), refusals.dueAt('c')]).toEqual([undefined, undefined]);
  });

  it('makes the first attempt the last when there are no pauses', () => {
    expect(new Refusals([]).note('a', 0)).toBeNull();
  });
});
