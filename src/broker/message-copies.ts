import type { Message } from '../model';
import type { Copy, MessageStore } from '../store/message-store';
import { StoreUnavailableError } from '../errors';

interface Waiting {
  readonly copy: Copy;
  readonly resolve: (failure: Error | null) => void;
}

/**
 * Stores the copies of one message as they turn out to be needed. The first is stored at once; those that are needed
 * while it is being stored go together in the next call, so that a subscriber's copy never waits for another's push.
 */
export class MessageCopies {
  #waiting: Waiting[] = [];
  #isStoring = false;
  #isScheduled = false;

  constructor(
    private readonly store: MessageStore,
    private readonly message: Message,
  ) {}

  get messageId(): string {
    return this.message.id;
  }

  /** Resolves with null when the copy is durable, else with why it is not. Never rejects. */
  add(copy: Copy): Promise<Error | null> {
    return new Promise((resolve) => {
      this.#waiting.push({ copy, resolve });
      if (this.#isStoring || this.#isScheduled) return;
      this.#isScheduled = true;
      // After the current task, so that what one task asks for goes together.
      queueMicrotask(() => void this.#storeWaiting());
    });
  }

  async #storeWaiting(): Promise<void> {
    this.#isScheduled = false;
    this.#isStoring = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const failures = await this.#put(batch.map(({ copy }) => copy));
      for (const { copy, resolve } of batch) resolve(failures.get(copy.subscriber) ?? null);
    }
    this.#isStoring = false;
  }

  async #put(copies: readonly Copy[]): Promise<ReadonlyMap<string, Error>> {
    try {
      const failures = await this.store.put(this.message, copies);
      return new Map(failures.map(({ subscriber, error }) => [subscriber, error]));
    } catch (cause) {
      // Whatever it is, the copies are not durable, and their publisher has to hear it.
      const error = cause instanceof Error ? cause : new StoreUnavailableError(String(cause));
      return new Map(copies.map(({ subscriber }) => [subscriber, error]));
    }
  }
}
