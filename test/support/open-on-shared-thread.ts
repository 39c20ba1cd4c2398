import type { Config } from '../../src/config';
import { openBackend, type Backend } from '../../src/store/open-stores';
import { openStoresOn } from '../../src/store/sqlite/open-sqlite-stores';
import type { DatabaseOptions } from '../../src/store/sqlite/sqlite-database';
import type { Stores } from '../../src/store/stores';
import { serveOnSharedThread } from './shared-thread';

/** The embedded store, as openSqliteStores opens it, but on this test file's thread. */
export function openOnSharedThread(options: DatabaseOptions): Promise<Stores> {
  return openStoresOn(serveOnSharedThread(options));
}

/** What a test's server keeps things in. */
export async function openTestBackend(config: Config): Promise<Backend> {
  if (config.store.kind !== 'embedded') return openBackend(config);
  return { sharedLimits: null, stores: await openOnSharedThread({ dataDir: config.store.dataDir }) };
}
