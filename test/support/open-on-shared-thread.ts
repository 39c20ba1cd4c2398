import type { Config } from '../../src/config';
import { openBackend, type Backend } from '../../src/store/open-stores';
import { sqliteStores } from '../../src/store/sqlite/open-sqlite-stores';
import { SqliteClient } from '../../src/store/sqlite/sqlite-client';
import type { DatabaseOptions } from '../../src/store/sqlite/sqlite-database';
import type { Stores } from '../../src/store/stores';
import { serveOnSharedThread } from './shared-thread';

/** The embedded store, as openSqliteStores opens it, but on this test file's thread. */
export async function openOnSharedThread(options: DatabaseOptions): Promise<Stores> {
  const client = new SqliteClient(serveOnSharedThread(options));
  await client.opened();
  return sqliteStores(client);
}

/** What a test's server keeps things in. */
export async function openTestBackend(config: Config): Promise<Backend> {
  if (config.store.kind !== 'embedded') return openBackend(config);
  return { sharedLimits: {}, stores: await openOnSharedThread({ dataDir: config.store.dataDir }) };
}
