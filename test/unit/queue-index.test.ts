import { QueueIndex } from '../../src/broker/queue-index';

describe('QueueIndex', () => {
  const MAX = 10;
  let made: string[];
  let busy: Set<string>;
  let index: QueueIndex<{ readonly url: string; readonly isDisposable: boolean }>;

  beforeEach(() => {
    made = [];
    busy = new Set();
    index = new QueueIndex((url) => {
      made.push(url);
      return {
        url,
        get isDisposable() {
          return !busy.has(url);
        },
      };
    }, MAX);
  });

  const use = (url: string) => {
    const queue = index.of(url);
    index.settled(url);
    return queue;
  };
  const urls = () => Array.from(index.values(), ({ url }) => url);
  const numbered = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, n) => `${prefix}${n}`);

  it('makes a queue once, and finds only what is there', () => {
    expect(index.find('a')).toBeNull();
    const queue = use('a');
    expect([use('a'), index.find('a'), made]).toEqual([queue, queue, ['a']]);
    expect([...index.entries()]).toEqual([['a', queue]]);
  });

  it('keeps the first, and lets others go as soon as they are settled', () => {
    const first = numbered(MAX, 'first');
    first.forEach(use);
    numbered(1000, 'other').forEach(use);
    expect(urls()).toEqual(first);
  });

  it('keeps all of which anything is to be remembered', () => {
    numbered(MAX, 'first').forEach(use);
    const others = numbered(5 * MAX, 'busy');
    others.forEach((url) => busy.add(url));
    others.forEach(use);
    expect(urls()).toEqual(expect.arrayContaining(others));
  });

  it('lets those go in time that became disposable without being settled', () => {
    const others = numbered(5 * MAX, 'busy');
    others.forEach((url) => busy.add(url));
    others.forEach(use);
    busy.clear();
    numbered(10 * MAX, 'other').forEach(use);
    expect(urls().length).toBeLessThanOrEqual(2 * MAX);
  });
});
