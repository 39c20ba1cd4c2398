import { lookup as systemLookup, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressClass, classOfAddress, ipv6Groups } from '../address-class';
import { type Clock, systemClock } from '../clock';
import { type Found, NameLookups, type Resolve } from './name-lookups';
import { PushAllowList } from './push-allow';

/** The target of a push is, or its name leads only to, addresses that pushes do not go to. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'EBLOCKED';

  constructor(
    readonly hostname: string,
    readonly addressClass: AddressClass,
  ) {
    super(`${hostname} leads to an address (${addressClass}) that pushes do not go to`);
  }
}

export interface TargetGuardOptions {
  /**
   * `deny`: public addresses only. `allow`: all but link-local ones and those at which clouds hand out credentials.
   */
  readonly privateNetworks: 'allow' | 'deny';
  /** What is let through in any case. */
  readonly allow?: PushAllowList;
  /** The system's resolver unless given. */
  readonly resolve?: Resolve;
  /** How many names that resolver looks up at once; no bound unless given. */
  readonly lookupSlots?: number;
  readonly clock?: Clock;
}

/** A name that takes longer to resolve is not checked any further, in milliseconds. */
const CHECK_TIMEOUT_MS = 2000;

/** Where a connection goes, as far as the guard looks at it. */
export interface GuardedTarget {
  /** A name or an IP address, as in a WHATWG URL, with or without the brackets of IPv6. */
  readonly hostname: string;
  /** Such as `http://localhost:8000`. */
  readonly origin: string;
}

/** Classes that no setting for whole networks opens: what they hold is not meant for any subscriber. */
const NEVER_IN_BULK: ReadonlySet<AddressClass> = new Set(['metadata', 'link_local']);

/**
 * Decides which addresses pushes may go to (server-side request forgery: CWE-918). It looks at addresses and never at
 * how they are written: a literal after URL parsing, a name by what it resolves to, at the moment of connecting.
 */
export class TargetGuard {
  readonly #privateNetworks: 'allow' | 'deny';
  readonly #allow: PushAllowList;
  readonly #names: NameLookups;
  readonly #clock: Clock;
  #trustedOrigins: ReadonlySet<string> = new Set();

  constructor({
    privateNetworks,
    allow = new PushAllowList(),
    resolve = systemLookup,
    lookupSlots: slots = Infinity,
    clock = systemClock,
  }: TargetGuardOptions) {
    this.#privateNetworks = privateNetworks;
    this.#allow = allow;
    this.#names = new NameLookups({ resolve, clock, slots });
    this.#clock = clock;
  }

  /** Lets everything at these origins through; for this server's own, whose built-in subscriber lives there. */
  trustOrigins(urls: readonly string[]): void {
    this.#trustedOrigins = new Set(urls.map((url) => new URL(url).origin));
  }

  isTrusted(origin: string): boolean {
    return this.#trustedOrigins.has(origin);
  }

  /** Whether a push may connect to an IP address. False for what is not one. */
  isAllowed(address: string): boolean {
    const embedded = ipv4BehindNat64(address);
    if (embedded !== null && !this.isAllowed(embedded)) return false;
    if (this.#allow.hasAddress(address)) return true;
    const addressClass = classOfAddress(address);
    if (addressClass === 'public') return true;
    return this.#privateNetworks === 'allow' && isIP(address) !== 0 && !NEVER_IN_BULK.has(addressClass);
  }

  /**
   * Checks a host that is an IP address; does nothing for a name. Sockets do not look literals up, so that this has to
   * be called besides `lookup`.
   *
   * @throws BlockedAddressError
   */
  checkLiteral(hostname: string): void {
    const blocked = this.blockedLiteral(hostname);
    if (blocked) throw blocked;
  }

  /** Like `checkLiteral`, for where nothing can be thrown. */
  blockedLiteral(hostname: string): BlockedAddressError | null {
    const address = withoutBrackets(hostname);
    if (isIP(address) === 0 || this.isAllowed(address)) return null;
    return new BlockedAddressError(address, classOfAddress(address));
  }

  /**
   * For the `lookup` option of a socket: resolves a name and yields those of its addresses that pushes may go to.
   * Calls back with BlockedAddressError when there are none.
   *
   * @param isTrusted whether the socket is for a trusted origin: pushes may go to all addresses then
   * @returns withdraws the question: nothing is called back any more
   */
  lookup(
    hostname: string,
    options: LookupOptions,
    callback: Parameters<LookupFunction>[2],
    isTrusted = false,
  ): () => void {
    return this.#ask(hostname, options, isTrusted, (error, addresses) => {
      const [first] = addresses;
      if (error || !first) callback(error, []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  }

  /**
   * What a connection to `target` would find now.
   *
   * @returns the class of the literal, or of the first address that may be connected to
   * @throws BlockedAddressError when there is none, and the resolver's error when the name cannot be resolved, or
   *   `ETIMEOUT` when that takes more than 2 seconds
   */
  async check({ hostname, origin }: GuardedTarget): Promise<AddressClass> {
    const literal = withoutBrackets(hostname);
    if (isIP(literal) !== 0) {
      if (!this.isTrusted(origin)) this.checkLiteral(literal);
      return classOfAddress(literal);
    }
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => {
        withdraw();
        reject(failure(hostname, 'ETIMEOUT', 'takes too long to resolve'));
      }, CHECK_TIMEOUT_MS);
      const withdraw = this.#ask(hostname, {}, this.isTrusted(origin), (error, [first]) => {
        timer.cancel();
        if (first) resolve(classOfAddress(first.address));
        else reject(error ?? notFound(hostname));
      });
    });
  }

  /** @param callback gets addresses that may be connected to, one at least, or an error */
  #ask(hostname: string, options: LookupOptions, isTrusted: boolean, callback: Found): () => void {
    return this.#names.ask(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses;
      if (error || !first) {
        callback(error ?? notFound(hostname), []);
        return;
      }
      const isOpen = isTrusted || this.#allow.hasName(hostname);
      const vetted = isOpen ? addresses : addresses.filter(({ address }) => this.isAllowed(address));
      if (vetted.length > 0) callback(null, vetted);
      else callback(new BlockedAddressError(hostname, classOfAddress(first.address)), []);
    });
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return failure(hostname, 'ENOTFOUND', 'has no address');
}

function failure(hostname: string, code: string, fault: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} ${fault}`), { code });
}

/**
 * The IPv4 address that a NAT64 gateway translates an address to (RFC 6052 §2.1, the well-known prefix 64:ff9b::/96),
 * so that allowing the gateway does not allow everything behind it.
 */
function ipv4BehindNat64(address: string): string | null {
  if (!/^0*64:ff9b:/i.test(address) || isIP(address) !== 6) return null;
  const groups = ipv6Groups(address);
  if (groups.slice(2, 6).some((group) => group !== '0')) return null;
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((value) => [value >> 8, value & 255])
    .join('.');
}
