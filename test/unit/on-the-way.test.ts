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

  it('says which comes late, and puts it in its place', () => {
    expect([onTheWay.add(20), onTheWay.add(30), onTheWay.add(10), onTheWay.add(40)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(onTheWay.first).toBe(10);
  });

  it('takes one for late also when those before it have arrived', () => {
    onTheWay.add(20);
    onTheWay.delete(20);
    expect(onTheWay.add(10)).toBe(true);
  });

  it('counts one that is added twice once', () => {
    onTheWay.add(10);
    onTheWay.add(10);
    expect(onTheWay.size).toBe(1);
    onTheWay.delete(10);
    expect(onTheWay.size).toBe(0);
  });

  describe('with a place that is held', () => {
    it('is at most there, and does not take the message for late', () => {
      onTheWay.reserve(10);
      onTheWay.add(20);
      expect(onTheWay.first).toBe(10);
      expect(onTheWay.add(10)).toBe(false);
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
