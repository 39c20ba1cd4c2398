import type { StoreConfig } from '../config';
import { openSqliteStores } from './sqlite/open-sqlite-stores';
import type { Stores } from './stores';

/**
 * Opens the configured backend.
 *
 * @throws StartupError when it cannot be used, with the remedy
 */
export async function openStores(config: StoreConfig): Promise<Stores> {
  if (config.kind === 'embedded') return openSqliteStores({ dataDir: config.dataDir });
  // Loaded only when used: the SDK doubles the time to start and the memory at rest.
  const { openDynamoDbStores } = await import('./dynamodb/open-dynamodb-stores.js');
  const { kind: _kind, ...options } = config;
  return openDynamoDbStores(options);
}
