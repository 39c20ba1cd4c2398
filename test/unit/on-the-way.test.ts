import { OnTheWay } from '../../src/broker/on-the-way';

describe('OnTheWay', () => {
  let onTheWay: OnTheWay;

  beforeEach(() => {
    onTheWay = new OnTheWay();
  });

  it('is empty at first', () => {
    expect([onTheWay.size, onTheWay.first]).toEqual([0, undefined]);
  });

  it('knows the oldest, whatever arrives first', () => {
    for (const micros of [10, 20, 30]) onTheWay.add(micros);
    onTheWay.delete(20);
    expect(onTheWay.first).toBe(10);
    onTheWay.delete(10);
    expect([onTheWay.size, onTheWay.first]).toEqual([1, 30]);
  });

  it('puts one that comes late in its place', () => {
    for (const micros of [20, 30, 10, 40]) expect(onTheWay.add(micros)).toBe(false);
    expect(onTheWay.first).toBe(10);
  });

  it('counts one that is added twice once', () => {
    onTheWay.add(10);
    onTheWay.add(10);
    expect(onTheWay.size).toBe(1);
    onTheWay.delete(10);
    expect(onTheWay.size).toBe(0);
  });

  describe('with a place that is held', () => {
    it('is at most there, and says so when the message comes', () => {
      onTheWay.reserve(10);
      onTheWay.add(20);
      expect(onTheWay.first).toBe(10);
      expect(onTheWay.add(10)).toBe(true);
      expect(onTheWay.size).toBe(2);
    });

    it('gives the place up when it is released', () => {
      onTheWay.reserve(10);
      expect(onTheWay.release(10)).toBe(true);
      expect([onTheWay.size, onTheWay.release(10)]).toEqual([0, false]);
    });

    it('keeps a message that was taken in when its place is released', () => {
      onTheWay.reserve(10);
      onTheWay.add(10);
      expect(onTheWay.release(10)).toBe(false);
      expect(onTheWay.first).toBe(10);
    });

    it('ignores the release of a place that was never held', () => {
      onTheWay.add(10);
      expect(onTheWay.release(10)).toBe(false);
      expect(onTheWay.size).toBe(1);
    });
  });
});
