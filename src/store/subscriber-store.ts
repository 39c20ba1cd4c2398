import type { SubscriberRecord } from '../model';

/**
 * Holds what is kept about subscribers. Whatever resolved is durable.
 * Every method rejects with StoreUnavailableError when the backend cannot do it, and is then safe to repeat.
 */
export interface SubscriberStore {
  /** All records, in no particular order. */
  loadAll(): Promise<readonly SubscriberRecord[]>;

  /** Stores the record in place of the one that the subscriber has, whole. */
  save(record: SubscriberRecord): Promise<void>;
}
