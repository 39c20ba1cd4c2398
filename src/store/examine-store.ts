import type { StoreConfig } from '../config';
import { examineFile, type FileExamination } from './sqlite/examine-file';

/** A subscriber that nobody is. */
const NOBODY = 'http://nobody.invalid/';

/**
 * Looks whether the configured backend could be opened and used: an embedded one without making it, tables by reading
 * their keys and indexes and by what a readiness check writes.
 *
 * @throws StartupError, StoreUnavailableError: what is wrong, with the remedy
 */
export async function examineStore(config: StoreConfig): Promise<FileExamination> {
  if (config.kind === 'embedded') return examineFile(config);
  const { openStores } = await import('./open-stores.js');
  const stores = await openStores(config);
  try {
    await stores.ping();
    // Permissions on an index are separate.
    await stores.messages.countPending(NOBODY);
  } finally {
    await stores.close();
  }
  const { messages, subscriptions, subscribers } = config.tables;
  return {
    isInUse: false,
    message: `the tables ${messages}, ${subscriptions} and ${subscribers} are as they should be, and can be used`,
  };
}
