import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters, type KeyLike } from 'jose';
import { type Clock, settledWithin } from '../../clock';
import { KeysUnavailableError } from './token-errors';

/** Where a JSON Web Key Set (RFC 7517) is read, and how often. */
export interface KeySource {
  load(): Promise<unknown>;
  /** After this many milliseconds the set is read again. */
  readonly maxAgeMs: number;
  /** A key that is not in the set makes it be read again, but not within this many milliseconds. */
  readonly minIntervalMs: number;
}

/** How long it takes until a set of which none was ever read is asked for again. */
const RETRY_MS = 1000;
const FETCH_TIMEOUT_MS = 5000;
/** Known keys are used on when reading them again takes longer than this. */
const PATIENCE_MS = 1000;
const MAX_BYTES = 1_048_576;

type GetKey = ReturnType<typeof createLocalJWKSet>;

export interface KeySetDeps {
  readonly source: KeySource;
  readonly clock: Clock;
  /** Told when the set could not be read again; the keys read before stay in use. */
  readonly onFault?: (error: unknown) => void;
}

/** Keys that rotate: the set is read again when it is old, and when a token names a key that is not in it. */
export class RotatingKeySet {
  #keys: GetKey | null = null;
  #expiresAt = 0;
  #nextAttemptAt = 0;
  #loading: Promise<void> | null = null;
  /** Settles with `loading`, or when that has taken long. */
  #patience: Promise<void> | null = null;
  #fault: unknown = null;

  constructor(private readonly deps: KeySetDeps) {}

  /**
   * The keys that may have signed a token, by the `alg` and `kid` of its header and by nothing else in it.
   *
   * @throws KeysUnavailableError, and jose's JWKSNoMatchingKey when there is no such key
   */
  async keysFor(header: JWSHeaderParameters): Promise<readonly KeyLike[]> {
    await this.#refreshWhenOld();
    try {
      return await this.#find(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const before = this.#keys;
      await this.refresh();
      if (this.#keys === before) throw error;
      return this.#find(header);
    }
  }

  /**
   * Reads the set, unless somebody just tried.
   *
   * @throws KeysUnavailableError when none was ever read
   */
  async refresh(): Promise<void> {
    const { clock } = this.deps;
    if (this.#loading || clock.monotonicMs() >= this.#nextAttemptAt) {
      if (!this.#loading) {
        this.#loading = this.#load().finally(() => (this.#loading = null));
        this.#patience = settledWithin(clock, PATIENCE_MS, this.#loading);
      }
      await this.#loading;
    }
    if (!this.#keys) {
      throw new KeysUnavailableError('The keys that tokens are verified with cannot be read', {
        cause: this.#fault,
      });
    }
  }

  /** A source that hangs holds up nobody whose key may be known. */
  async #refreshWhenOld(): Promise<void> {
    if (this.#keys && this.deps.clock.monotonicMs() < this.#expiresAt) return;
    const refreshed = this.refresh();
    await (this.#keys ? this.#patience : refreshed);
  }

  async #load(): Promise<void> {
    const { source, clock, onFault } = this.deps;
    try {
      // It checks the form itself.
      this.#keys = createLocalJWKSet((await source.load()) as JSONWebKeySet);
      this.#expiresAt = clock.monotonicMs() + source.maxAgeMs;
      this.#nextAttemptAt = clock.monotonicMs() + source.minIntervalMs;
    } catch (error) {
      this.#fault = error;
      this.#nextAttemptAt = clock.monotonicMs() + (this.#keys ? source.minIntervalMs : RETRY_MS);
      onFault?.(error);
    }
  }

  async #find(header: JWSHeaderParameters): Promise<readonly KeyLike[]> {
    if (!this.#keys) return [];
    try {
      return [await this.#keys(header)];
    } catch (error) {
      // A token without `kid`: any of the keys of its kind may have signed it.
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      const keys: KeyLike[] = [];
      for await (const key of error) keys.push(key);
      return keys;
    }
  }
}

/** A file is cheap to read, so that a change to it holds within a second. */
export function fileKeys(path: string): KeySource {
  return {
    load: async () => JSON.parse(await readFile(path, 'utf8')) as unknown,
    maxAgeMs: 1000,
    minIntervalMs: 1000,
  };
}

/** Read every ten minutes, and within half a minute when a new key appears in tokens. */
export function urlKeys(url: string): KeySource {
  return { load: () => fetchJson(url), maxAgeMs: 600_000, minIntervalMs: 30_000 };
}

async function fetchJson(url: string): Promise<unknown> {
  const { origin, pathname } = new URL(url);
  // A query may hold a secret, and faults are logged.
  const place = `${origin}${pathname}`;
  const response = await fetch(url, {
    headers: { Accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok || !response.body) throw new Error(`${place} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`${place} answered more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
}
