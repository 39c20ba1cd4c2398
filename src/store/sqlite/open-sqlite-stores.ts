import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreListener, Stores } from '../stores';
import { SqliteClient, type StoreThread } from './sqlite-client';
import type { DatabaseOptions } from './sqlite-database';
import { SqliteIdempotencyStore } from './sqlite-idempotency-store';
import { SqliteMessageStore } from './sqlite-message-store';
import { SqliteSubscriberStore } from './sqlite-subscriber-store';
import { SqliteSubscriptionStore } from './sqlite-subscription-store';

/** A thread runs compiled code only: when this file itself is not compiled, as in tests, it takes the build's. */
const WORKER_FILE = __filename.endsWith('.ts')
  ? join(__dirname, '../../../dist/store/sqlite/sqlite-worker.js')
  : join(__dirname, 'sqlite-worker.js');

/**
 * Opens the embedded store: one SQLite file `herald.db` in `dataDir`, which this process alone may use until the
 * stores are closed or the process has ended.
 *
 * @throws StartupError when the directory or the file cannot be used
 */
export async function openSqliteStores(options: DatabaseOptions): Promise<Stores> {
  return openStoresOn(new Worker(WORKER_FILE, { workerData: options }));
}

/**
 * The stores over the database that a thread is opening.
 *
 * @throws StartupError when it cannot be opened
 */
export async function openStoresOn(thread: StoreThread): Promise<Stores> {
  const client = new SqliteClient(thread);
  await client.opened();
  return sqliteStores(client);
}

/** The stores over a client. */
export function sqliteStores(client: SqliteClient): Stores {
  let listener: StoreListener | null = null;
  client.listen((fault) => listener?.onFault(fault));
  return {
    messages: new SqliteMessageStore(client, (subscriber, position) =>
      listener?.onDamaged(subscriber, position),
    ),
    subscriptions: new SqliteSubscriptionStore(client),
    subscribers: new SqliteSubscriberStore(client),
    idempotency: new SqliteIdempotencyStore(client),
    listen: (it) => void (listener = it),
    ping: () => client.write('ping', []),
    close: () => client.close(),
  };
}
