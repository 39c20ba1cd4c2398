import type { Config, StoreConfig } from '../config';
import { openSqliteStores } from './sqlite/open-sqlite-stores';
import type { SharedLimits } from './dynamodb/shared-limits';
import type { Stores } from './stores';

/** What a server keeps things in. */
export interface Backend {
  readonly stores: Stores;
  /** Null where each server counts its callers by itself. */
  readonly sharedLimits: SharedLimits | null;
}

/**
 * Opens the configured backend.
 *
 * @throws StartupError when it cannot be used, with the remedy
 */
export async function openBackend({ store, security }: Config): Promise<Backend> {
  const sharedLimits = await openLimits(store, security.limitsTable);
  return { sharedLimits, stores: await openStores(store) };
}

/**
 * Opens the configured stores.
 *
 * @throws StartupError when they cannot be used, with the remedy
 */
export async function openStores(config: StoreConfig): Promise<Stores> {
  if (config.kind === 'embedded') return openSqliteStores({ dataDir: config.dataDir });
  // Loaded only when used: the SDK doubles the time to start and the memory at rest.
  const { openDynamoDbStores } = await import('./dynamodb/open-dynamodb-stores.js');
  const { kind: _kind, ...options } = config;
  return openDynamoDbStores(options);
}

async function openLimits(config: StoreConfig, table: string | undefined): Promise<SharedLimits | null> {
  if (config.kind !== 'dynamodb' || table === undefined) return null;
  const { openSharedLimits } = await import('./dynamodb/shared-limits.js');
  const { region, endpoint } = config;
  return openSharedLimits({
    table,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  });
}
