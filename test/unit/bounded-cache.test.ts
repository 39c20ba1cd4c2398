import { BoundedCache } from '../../src/bounded-cache';

describe('BoundedCache', () => {
  const MAX = 4;
  let made: number[];
  let cache: BoundedCache<number, { readonly key: number }>;

  beforeEach(() => {
    made = [];
    cache = new BoundedCache((key) => {
      if (key < 0) throw new RangeError('negative');
      made.push(key);
      return { key };
    }, MAX);
  });

  it('makes what it keeps once', () => {
    expect(cache.get(1)).toEqual({ key: 1 });
    expect(cache.get(1)).toBe(cache.get(1));
    expect(made).toEqual([1]);
  });

  it('makes what it has no room for each time, and goes on keeping what it has', () => {
    for (const key of [1, 2, 3, 4, 5, 5, 1, 2, 3, 4]) expect(cache.get(key)).toEqual({ key });
    expect(made).toEqual([1, 2, 3, 4, 5, 5]);
  });

  it('comes to keep what is in use, when that is not what it kept', () => {
    for (let n = 0; n < 1000; n++) cache.get(n % MAX);
    for (let n = 0; n < 1000; n++) cache.get(100 + (n % MAX));
    made.length = 0;
    for (let n = 0; n < 1000; n++) cache.get(100 + (n % MAX));
    expect(made).toEqual([]);
  });

  it('keeps nothing of what cannot be made', () => {
    expect(() => cache.get(-1)).toThrow('negative');
    expect(() => cache.get(-1)).toThrow('negative');
    expect(cache.get(1)).toEqual({ key: 1 });
  });
});
