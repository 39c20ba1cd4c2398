import type { StoreUnavailableError } from '../errors';
import type { MessageStore } from './message-store';
import type { IdempotencyStore } from './idempotency-store';
import type { SubscriberStore } from './subscriber-store';
import type { SubscriptionStore } from './subscription-store';

/** Is told what an operator has to know. */
export interface StoreListener {
  /** The backend cannot store any more until somebody has done what the error says; null: it can again. */
  onFault(fault: StoreUnavailableError | null): void;
  /** A pending copy is left out of its subscriber's backlog, since its message is missing; told once of each. */
  onDamaged(subscriber: string, position: string): void;
}

/** What a backend offers: its stores over one connection. */
export interface Stores {
  readonly messages: MessageStore;
  readonly subscriptions: SubscriptionStore;
  readonly subscribers: SubscriberStore;
  readonly idempotency: IdempotencyStore;
  /** Resolves when the backend can read and write; rejects with StoreUnavailableError when not. */
  ping(): Promise<void>;
  /** Where the backend can find out by itself what an operator has to know. */
  listen?(listener: StoreListener): void;
  /** Finishes what was asked before, then lets go of files and connections. Idempotent; nothing may be asked after it. */
  close(): Promise<void>;
}
