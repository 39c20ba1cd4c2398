import type { StoreConfig } from '../config';
import { openSqliteStores } from './sqlite/open-sqlite-stores';
import type { SharedLimits } from './dynamodb/shared-limits';
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

/**
 * Opens what callers' limits are counted in, where several servers count together.
 *
 * @returns without `newLimiter` where each counts by itself
 * @throws StartupError when it cannot be used, with the remedy
 */
export async function openLimits(
  config: StoreConfig,
  table: string | undefined,
): Promise<Partial<SharedLimits>> {
  if (config.kind !== 'dynamodb' || table === undefined) return {};
  const { openSharedLimits } = await import('./dynamodb/shared-limits.js');
  const { region, endpoint } = config;
  return openSharedLimits({
    table,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  });
}
