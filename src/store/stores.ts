import type { StoreUnavailableError } from '../errors';
import type { MessageStore } from './message-store';
import type { IdempotencyStore } from './idempotency-store';
import type { SubscriberStore } from './subscriber-store';
import type { SubscriptionStore } from './subscription-store';

/** What a backend offers: its stores over one connection. */
export interface Stores {
  readonly messages: MessageStore;
  readonly subscriptions: SubscriptionStore;
  readonly subscribers: SubscriberStore;
  readonly idempotency: IdempotencyStore;
  /** Resolves when the backend can read and write; rejects with StoreUnavailableError when not. */
  ping(): Promise<void>;
  /**
   * Where the backend can find out by itself that it cannot store any more until an operator has done something: calls
   * `onFault` when it does, with what to do, and with null once it can again.
   */
  listen?(onFault: (fault: StoreUnavailableError | null) => void): void;
  /** Finishes what was asked before, then lets go of files and connections. Idempotent; nothing may be asked after it. */
  close(): Promise<void>;
}
