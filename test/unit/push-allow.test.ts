import { PushAllowList } from '../../src/delivery/push-allow';

describe('PushAllowList', () => {
  it('is empty unless something is allowed', () => {
    for (const text of [undefined, '', ' ', ',', ' , ,']) {
      const list = new PushAllowList(text);
      expect([list.hasAddress('127.0.0.1'), list.hasName('localhost')]).toEqual([false, false]);
    }
  });

  it.each([
    ['10.0.0.5', ['10.0.0.5', '::ffff:10.0.0.5', '::ffff:a00:5'], ['10.0.0.4', '10.0.0.6', '::a00:5']],
    ['10.1.0.0/16', ['10.1.0.0', '10.1.255.255'], ['10.0.255.255', '10.2.0.0']],
    ['10.1.2.3/16', ['10.1.0.0', '10.1.255.255'], ['10.2.0.0']],
    ['172.16.0.0/12', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
    ['0.0.0.0/0', ['10.0.0.1', '255.255.255.255'], ['fd00::1']],
    ['fd00::1', ['fd00::1', 'FD00:0:0::1'], ['fd00::2']],
    ['[fd00::1]', ['fd00::1'], ['fd00::2']],
    ['fd00::/8', ['fd00::', 'fdff:ffff::1'], ['fc00::1', 'fe00::']],
    ['127.1', ['127.0.0.1'], ['127.0.0.2']],
  ])('lets the addresses of %s through, and no others', (text, inside, outside) => {
    const list = new PushAllowList(text);
    expect(inside.filter((address) => !list.hasAddress(address))).toEqual([]);
    expect(outside.filter((address) => list.hasAddress(address))).toEqual([]);
  });

  it('knows a name in any case and with a trailing dot, but not the names around it', () => {
    const list = new PushAllowList('Hooks.Internal., localhost');
    for (const name of ['hooks.internal', 'HOOKS.INTERNAL.', 'localhost'])
      expect(list.hasName(name)).toBe(true);
    for (const name of ['internal', 'a.hooks.internal', 'hooks.internal.example']) {
      expect(list.hasName(name)).toBe(false);
    }
  });

  it('takes a list with white space and empty entries', () => {
    const list = new PushAllowList(' 10.0.0.0/8 ,, hooks.internal,fd00::/8 ');
    expect([list.hasAddress('10.9.9.9'), list.hasName('hooks.internal'), list.hasAddress('fd12::1')]).toEqual(
      [true, true, true],
    );
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/x',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fd00::/129',
    'http://hooks.internal',
    'hooks.internal:8080',
    'hooks.internal/path',
    'user@hooks.internal',
    '*.internal',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/104',
    '256.1.1.1',
    '[fd00::1',
  ])('refuses %s, and names it', (entry) => {
    expect(() => new PushAllowList(`10.0.0.0/8,${entry}`)).toThrow(entry);
    expect(() => new PushAllowList(entry)).toThrow(RangeError);
  });
});
