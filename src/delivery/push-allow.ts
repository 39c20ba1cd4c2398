import { BlockList } from 'node:net';
import { familyOf } from '../address-class';
import { parseUrl } from '../parse-url';

const NAME = /^[^\s/:@?#[\]\\%*]+$/;
const MAPPED = /^::ffff:/i;

/** What an operator lets pushes go to, whatever the rules say otherwise. */
export class PushAllowList {
  readonly #addresses = new BlockList();
  readonly #names = new Set<string>();

  /**
   * @param text a comma-separated list of IP addresses, CIDR ranges and host names; names are compared without regard
   * to case or a trailing dot, and stand for themselves alone, not for the names below them
   * @throws RangeError that names the entry that is none of these
   */
  constructor(text = '') {
    for (const entry of text.split(',').map((it) => it.trim())) if (entry !== '') this.#add(entry);
  }

  hasAddress(address: string): boolean {
    const family = familyOf(address);
    return family !== null && this.#addresses.check(address, family);
  }

  hasName(hostname: string): boolean {
    return this.#names.has(normalName(hostname));
  }

  #add(entry: string): void {
    const [address = '', prefix, ...more] = entry.replace(/^\[(.*)\]$/, '$1').split('/');
    const family = familyOf(address);
    if (family === null || more.length > 0 || address.includes('%')) {
      this.#addName(entry);
      return;
    }
    if (MAPPED.test(address))
      throw new RangeError(`${entry}: write it as the IPv4 address or range that it is`);
    const bits = family === 'ipv4' ? 32 : 128;
    if (prefix === undefined) {
      this.#addresses.addAddress(address, family);
    } else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits) {
      this.#addresses.addSubnet(address, Number(prefix), family);
    } else {
      throw new RangeError(`${entry}: the part behind the slash must be a whole number from 0 to ${bits}`);
    }
  }

  #addName(entry: string): void {
    const url = NAME.test(entry) ? parseUrl(`http://${entry}`) : null;
    if (!url) {
      throw new RangeError(`${entry}: must be an IP address, a range such as 10.0.0.0/8, or a host name`);
    }
    const { hostname } = url;
    // 127.1 and its like.
    if (familyOf(hostname) === 'ipv4') this.#addresses.addAddress(hostname, 'ipv4');
    else this.#names.add(normalName(hostname));
  }
}

function normalName(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}
