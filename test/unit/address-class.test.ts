import { classOfAddress, ipv6Groups, isLoopbackHost, SPECIAL_RANGES } from '../../src/address-class';
import { addressText, edgesOf } from '../support/address-ranges';

/** Section by section what the registries list, so that a row that gets lost is noticed. */
const REQUIRED_RANGES = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24',
  '203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32 168.63.129.16/32 169.254.169.254/32',
  '::/96 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16',
  'fc00::/7 fe80::/10 fec0::/10 ff00::/8',
].flatMap((line) => line.split(' '));

describe('classOfAddress', () => {
  it.each(SPECIAL_RANGES)('knows the first and the last address of %s as %s', (range, addressClass) => {
    const { first, last } = edgesOf(range);
    for (const edge of [first, last]) expect([range, classOfAddress(edge)]).not.toEqual([range, 'public']);
    expect(classOfAddress(first)).toBe(classOf(first, addressClass));
    expect(classOfAddress(last)).toBe(classOf(last, addressClass));
  });

  it.each(REQUIRED_RANGES)('takes no address of %s for a public one', (range) => {
    const { first, second, middle, beforeLast, last } = edgesOf(range);
    for (const address of [first, second, middle, beforeLast, last]) {
      expect([address, classOfAddress(address)]).not.toEqual([address, 'public']);
    }
  });

  it.each(SPECIAL_RANGES)('does not reach beyond %s (%s)', (range) => {
    const { before, after } = edgesOf(range);
    for (const outside of [before, after]) {
      if (outside === null) continue;
      const isSpecial = SPECIAL_RANGES.some(([other]) => edgesOf(other).contains(outside));
      expect([outside, classOfAddress(outside) === 'public']).toEqual([outside, !isSpecial]);
    }
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '168.63.129.15',
    '168.63.129.17',
    '2001:200::',
    '2606:4700:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff',
    '64:ff9b::1:0:0',
  ])('takes %s for a public one', (address) => {
    expect(classOfAddress(address)).toBe('public');
  });

  it.each(SPECIAL_RANGES.filter(([range]) => !range.includes(':')))(
    'takes an IPv4-mapped address for the IPv4 address in it: %s (%s)',
    (range) => {
      const { first, last } = edgesOf(range);
      for (const edge of [first, last]) {
        expect(classOfAddress(`::ffff:${edge}`)).toBe(classOfAddress(edge));
        expect(classOfAddress(`0:0:0:0:0:FFFF:${edge}`)).toBe(classOfAddress(edge));
      }
    },
  );

  it.each([
    ['fe80::1%eth0', 'link_local'],
    ['FE80::1', 'link_local'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', 'loopback'],
    ['::127.0.0.1', 'reserved'],
    ['::ffff:7f00:1', 'loopback'],
    ['64:ff9b::127.0.0.1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['fd00:ec2::254', 'metadata'],
  ])('knows %s as %s', (address, addressClass) => {
    expect(classOfAddress(address)).toBe(addressClass);
  });

  it.each(['', 'localhost', '127.1', '0x7f.0.0.1', '127.0.0.1.', '[::1]', '1.2.3.4/32'])(
    'takes %j, which is not an address, for none that is public',
    (text) => {
      expect(classOfAddress(text)).toBe('reserved');
    },
  );

  /** The class of the first row that holds an address, as the table promises. */
  function classOf(address: string, otherwise: string): string {
    return SPECIAL_RANGES.find(([range]) => edgesOf(range).contains(address))?.[1] ?? otherwise;
  }
});

describe('the edges that these tests use', () => {
  it('are those of the range', () => {
    expect(edgesOf('172.16.0.0/12')).toMatchObject({
      before: '172.15.255.255',
      first: '172.16.0.0',
      second: '172.16.0.1',
      beforeLast: '172.31.255.254',
      last: '172.31.255.255',
      after: '172.32.0.0',
    });
    expect(edgesOf('0.0.0.0/8').before).toBeNull();
    expect(edgesOf('ff00::/8').after).toBeNull();
    expect(edgesOf('2001::/23').last).toBe('2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff');
    expect(addressText(1n, 128)).toBe('0:0:0:0:0:0:0:1');
  });
});

describe('isLoopbackHost', () => {
  it.each(['127.0.0.1', '127.255.255.255', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
    'is true for %s',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true);
    },
  );

  it.each(['0.0.0.0', '::', '192.168.0.1', 'localhost.example.com', 'hub.example.com', '128.0.0.1'])(
    'is false for %s',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});

describe('ipv6Groups', () => {
  it.each([
    ['::', '0 0 0 0 0 0 0 0'],
    ['::1', '0 0 0 0 0 0 0 1'],
    ['2001:DB8::', '2001 db8 0 0 0 0 0 0'],
    ['1:2:3:4:5:6:7:8', '1 2 3 4 5 6 7 8'],
    ['0001:0:0:4:0:0:0:8', '1 0 0 4 0 0 0 8'],
    ['64:ff9b::127.0.0.1', '64 ff9b 0 0 0 0 7f00 1'],
    ['fe80::1%eth0', 'fe80 0 0 0 0 0 0 1'],
  ])('of %s are %s', (address, groups) => {
    expect(ipv6Groups(address).join(' ')).toBe(groups);
  });
});
