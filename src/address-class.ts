import { BlockList, isIP } from 'node:net';

/** What an IP address is for. `public` is everything in no other class. */
export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link_local'
  | 'metadata'
  | 'multicast'
  | 'reserved';

type SpecialClass = Exclude<AddressClass, 'public'>;

/**
 * The special-purpose ranges (IANA IPv4 and IPv6 Special-Purpose Address Registries, RFC 6890) and the addresses at
 * which clouds hand out credentials. An address in several rows belongs to the first.
 *
 * ::ffff:0:0/96 is not here: such an address is the IPv4 address in it, and BlockList compares it as that.
 */
export const SPECIAL_RANGES: readonly (readonly [range: string, addressClass: SpecialClass])[] = [
  ['169.254.169.254/32', 'metadata'], // AWS, Google Cloud, Azure, Oracle and others
  ['168.63.129.16/32', 'metadata'], // Azure
  ['100.100.100.200/32', 'metadata'], // Alibaba Cloud
  ['192.0.0.192/32', 'metadata'], // Oracle Cloud
  ['fd00:ec2::254/128', 'metadata'], // AWS
  ['fd20:ce::254/128', 'metadata'], // Google Cloud

  ['127.0.0.0/8', 'loopback'],
  ['::1/128', 'loopback'],

  ['169.254.0.0/16', 'link_local'],
  ['fe80::/10', 'link_local'],

  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'], // shared by carriers (RFC 6598)
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['fc00::/7', 'private'],
  ['fec0::/10', 'private'], // site-local, deprecated (RFC 3879)

  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],

  ['0.0.0.0/8', 'reserved'], // this network; 0.0.0.0 reaches this host
  ['192.0.0.0/24', 'reserved'], // protocol assignments
  ['192.0.2.0/24', 'reserved'], // documentation
  ['192.31.196.0/24', 'reserved'], // AS112
  ['192.52.193.0/24', 'reserved'], // AMT
  ['192.88.99.0/24', 'reserved'], // 6to4 relays, deprecated
  ['192.175.48.0/24', 'reserved'], // AS112
  ['198.18.0.0/15', 'reserved'], // benchmarks
  ['198.51.100.0/24', 'reserved'], // documentation
  ['203.0.113.0/24', 'reserved'], // documentation
  ['240.0.0.0/4', 'reserved'], // future use, and 255.255.255.255
  ['::/96', 'reserved'], // unspecified, and IPv4-compatible
  ['64:ff9b::/96', 'reserved'], // NAT64: leads to any IPv4 address
  ['64:ff9b:1::/48', 'reserved'], // NAT64, local use
  ['100::/64', 'reserved'], // discard
  ['2001::/23', 'reserved'], // protocol assignments, Teredo among them
  ['2001:db8::/32', 'reserved'], // documentation
  ['2002::/16', 'reserved'], // 6to4: leads to any IPv4 address
  ['3fff::/20', 'reserved'], // documentation
  ['5f00::/16', 'reserved'], // segment routing
];

const LISTS = SPECIAL_RANGES.map(([range, addressClass]) => ({ list: listOf(range), addressClass }));

/**
 * The class of an IP address in any textual form that `net.isIP` knows, an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2)
 * being the IPv4 address in it. What is not an IP address is `reserved`, so that it is never taken for a public one.
 */
export function classOfAddress(address: string): AddressClass {
  const family = familyOf(address);
  if (family === null) return 'reserved';
  return LISTS.find(({ list }) => list.check(address, family))?.addressClass ?? 'public';
}

/** Whether a host, as it stands in a configuration, is this machine alone: `localhost` or a loopback address. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || classOfAddress(host) === 'loopback';
}

/** As BlockList names it; null for what is not an IP address. */
export function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address);
  if (version === 0) return null;
  return version === 4 ? 'ipv4' : 'ipv6';
}

/** The eight groups of an IPv6 address, in hexadecimal digits without leading zeros. */
export function ipv6Groups(address: string): string[] {
  // The URL parser knows every notation, an IPv4 address at the end included; it knows no zones.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const front = head === '' ? [] : head.split(':');
  if (tail === undefined) return front;
  const back = tail === '' ? [] : tail.split(':');
  return [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
}

function listOf(range: string): BlockList {
  const [network = '', prefix] = range.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
