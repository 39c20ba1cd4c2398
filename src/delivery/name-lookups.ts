import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { Clock } from '../clock';
import { THREADS } from '../process-defaults';

/** Addresses, or why there are none. */
export type Found = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** Like `dns.lookup` with `all: true`. */
export type Resolve = (hostname: string, options: LookupAllOptions, callback: Found) => void;

export interface NameLookupsDeps {
  readonly resolve: Resolve;
  readonly clock: Clock;
  /** Lookups that the system makes at once, those of others in this process included; `Infinity` for no bound. */
  readonly slots: number;
}

/** A name whose lookup took longer may be one that nobody answers for. */
const QUICK_MS = 1000;
/** Where no lookup can begin, addresses found so long ago still do. */
const RECENT_MS = 60_000;
/** Names that are remembered: so many that were found quickly, and so many that were slow. */
const MAX_NAMES = 10_000;

/** One lookup of one name, for all who ask for it before it is over. */
interface Lookup {
  /** The name and how it is asked for, such as with one family of addresses only. */
  readonly key: string;
  readonly hostname: string;
  readonly options: LookupAllOptions;
  readonly askers: Set<Found>;
  readonly lane: Lane;
}

interface QuickAnswer {
  readonly key: string;
  readonly addresses: LookupAddress[];
  /** By the monotonic clock. */
  readonly at: number;
}

/** So many lookups at once, and the line of those that wait. What is under way here is under way in the wider lane, too. */
class Lane {
  readonly waiting = new Set<Lookup>();
  #running = 0;

  constructor(
    private readonly limit: number,
    private readonly wider: Lane | null = null,
  ) {}

  get isFree(): boolean {
    return this.#running < this.limit && this.wider?.isFree !== false;
  }

  count(change: 1 | -1): void {
    this.#running += change;
    this.wider?.count(change);
  }
}

/**
 * Looks names up without letting those that nobody answers for hold up the others. A lookup cannot be cancelled, takes
 * many seconds then, and keeps one of the few places that the system has for all. So a name has one lookup under way at
 * a time, and only names that were found quickly the last time may take nearly all places; the others have half of
 * them, and a quarter is for names that were slow the last time.
 */
export class NameLookups {
  readonly #known: Lane;
  readonly #new: Lane;
  readonly #slow: Lane;
  readonly #lookups = new Map<string, Lookup>();
  readonly #quickNames = new Map<string, QuickAnswer>();
  readonly #slowNames = new Map<string, true>();

  constructor(private readonly deps: NameLookupsDeps) {
    const { slots } = deps;
    // What remains is for lookups that are not made here, such as that of the store.
    this.#known = new Lane(Math.ceil((slots * 7) / 8));
    this.#new = new Lane(Math.ceil(slots / 2), this.#known);
    this.#slow = new Lane(Math.ceil(slots / 4), this.#new);
  }

  /**
   * Calls back once with what a name resolves to. Where no lookup can begin, these may be the addresses of a minute ago.
   *
   * @returns withdraws the question: nothing is called back any more, and a lookup that nobody waits for does not begin
   */
  ask(hostname: string, options: LookupAllOptions, callback: Found): () => void {
    const key = `${hostname} ${JSON.stringify(options)}`;
    // The same function may ask twice.
    const asker: Found = (error, addresses) => callback(error, addresses);
    const underWay = this.#lookups.get(key);
    const lookup = underWay ?? { key, hostname, options, askers: new Set(), lane: this.#laneOf(hostname) };
    lookup.askers.add(asker);
    if (!underWay) this.#add(lookup);
    return () => {
      lookup.askers.delete(asker);
      if (lookup.askers.size === 0 && lookup.lane.waiting.delete(lookup)) this.#lookups.delete(key);
    };
  }

  #add(lookup: Lookup): void {
    const { key, hostname, lane } = lookup;
    const recent = this.#quickNames.get(hostname);
    // Of `localhost` the system knows the addresses by itself.
    const mayBegin = lane.isFree || hostname === 'localhost';
    if (!mayBegin && recent?.key === key && this.deps.clock.monotonicMs() - recent.at < RECENT_MS) {
      process.nextTick(answer, lookup, null, recent.addresses);
      return;
    }
    this.#lookups.set(key, lookup);
    if (mayBegin) this.#begin(lookup);
    else lane.waiting.add(lookup);
  }

  #begin(lookup: Lookup): void {
    const { hostname, options, lane } = lookup;
    const beganAt = this.deps.clock.monotonicMs();
    lane.count(1);
    this.deps.resolve(hostname, options, (error, found) => {
      lane.count(-1);
      // The system's resolver hands over no list when it fails.
      const addresses = error ? [] : found;
      this.#lookups.delete(lookup.key);
      this.#learn(lookup, addresses, beganAt);
      this.#beginWaiting();
      answer(lookup, error, addresses);
    });
  }

  #beginWaiting(): void {
    for (const lane of [this.#known, this.#new, this.#slow]) {
      for (const lookup of lane.waiting) {
        if (!lane.isFree) break;
        lane.waiting.delete(lookup);
        this.#begin(lookup);
      }
    }
  }

  #laneOf(hostname: string): Lane {
    if (this.#quickNames.has(hostname)) return this.#known;
    return this.#slowNames.has(hostname) ? this.#slow : this.#new;
  }

  #learn({ key, hostname }: Lookup, addresses: LookupAddress[], beganAt: number): void {
    const at = this.deps.clock.monotonicMs();
    this.#quickNames.delete(hostname);
    this.#slowNames.delete(hostname);
    if (at - beganAt > QUICK_MS) remember(this.#slowNames, hostname, true);
    else if (addresses.length > 0) remember(this.#quickNames, hostname, { key, addresses, at });
  }
}

/**
 * How many names the system looks up at once: libuv lends them half of its threads.
 *
 * @param threads `UV_THREADPOOL_SIZE`, as the system reads it
 */
export function lookupSlots(threads = THREADS): number {
  const number = Math.min(Math.max(Number.parseInt(threads, 10) || 1, 1), 1024);
  return Math.floor((number + 1) / 2);
}

function answer({ askers }: Lookup, error: NodeJS.ErrnoException | null, addresses: LookupAddress[]): void {
  for (const asker of askers) asker(error, addresses);
}

/** Puts an entry last, in place of the first when there are too many. */
function remember<Value>(names: Map<string, Value>, name: string, value: Value): void {
  names.set(name, value);
  if (names.size <= MAX_NAMES) return;
  const [oldest] = names.keys();
  if (oldest !== undefined) names.delete(oldest);
}
