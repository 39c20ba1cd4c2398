import { newMessageId } from '../../src/message-id';
import type { Message } from '../../src/model';
import type { Copy } from '../../src/store/message-store';
import type { Stores } from '../../src/store/stores';
import { formatTimestamp } from '../../src/timestamp';

/** How the suites get at one backend. Each test has a harness, and data, of its own. */
export interface StoresHarness {
  /** Opens the stores. Called again after they were closed, it opens the same data. */
  open(): Promise<Stores>;
  /** Opens stores whose backend cannot be reached or has failed, so that no operation can succeed. */
  openUnreachable(): Promise<Stores>;
  /** Removes the harness's data. Every store is closed by then. */
  cleanUp(): Promise<void>;
  /** What this backend certainly does not read in one go. */
  readonly severalPages: SeveralPages;
}

/** How many rows a backend reads in several pages, when each has about so many bytes. */
export interface SeveralPages {
  readonly subscribers: { readonly rows: number; readonly bytes: number };
  /** Of one topic. */
  readonly subscriptions: { readonly rows: number; readonly urlBytes: number };
}

/** What a backend does otherwise, by name, each with its reason. */
export interface BackendDifferences {
  /** Why `deleteExpired` does nothing. */
  readonly expiresByItself?: string;
  /** Why `lateCopies` is always empty. */
  readonly knowsNoLateCopies?: string;
  /** Why `purge` leaves no number of copies by itself. */
  readonly countsByReading?: string;
  /** Why `lastPosition` is always 0. */
  readonly knowsNoLastPosition?: string;
}

/** Unix milliseconds, a whole second; positions in the tests count microseconds from here. */
export const NOW = Math.floor(Date.now() / 1000) * 1000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** An `expiresAt` that no test reaches. */
export const KEPT = NOW + 7 * DAY_MS;

export const ALICE = 'http://alice.example/hook';
export const BOB = 'http://bob.example/hook';

/** The position that many microseconds after the start of the test. */
export const at = (micros: number): string => formatTimestamp(NOW * 1000 + micros);

/** A message of that many microseconds after the start of the test; each call makes a new id. */
export function aMessage(micros: number, rest: Partial<Message> = {}): Message {
  const id = newMessageId(NOW * 1000 + micros);
  return { id, topic: 'orders', timestamp: at(micros), data: `{"n": ${micros}}`, ...rest };
}

export const copyFor = (subscriber: string, expiresAt = KEPT): Copy => ({ subscriber, expiresAt });
