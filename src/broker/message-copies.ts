import type { Clock, Timer } from '../clock';
import type { Message } from '../model';
import type { Copy, MessageStore } from '../store/message-store';
import { StoreUnavailableError } from '../errors';

/** Copies wait at most this long for those before them: a store that does not answer is not waited for twice. */
const MAX_WAIT_MS = 250;

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
  #calls = 0;
  #timer: Timer | null = null;

  constructor(
    private readonly store: MessageStore,
    private readonly message: Message,
    private readonly clock: Clock,
  ) {}

  get messageId(): string {
    return this.message.id;
  }

  /** Resolves with null when the copy is durable, else with why it is not. Never rejects. */
  add(copy: Copy): Promise<Error | null> {
    return new Promise((resolve) => {
      this.#waiting.push({ copy, resolve });
      if (this.#waiting.length > 1) return;
      const store = () => void this.#storeWaiting();
      if (this.#calls > 0) this.#timer = this.clock.setTimer(store, MAX_WAIT_MS);
      // After the current task, so that what one task asks for goes together.
      else queueMicrotask(store);
    });
  }

  async #storeWaiting(): Promise<void> {
    this.#timer?.cancel();
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#calls += 1;
    const failures = await this.#put(batch.map(({ copy }) => copy));
    this.#calls -= 1;
    for (const { copy, resolve } of batch) resolve(failures.get(copy.subscriber) ?? null);
    await this.#storeWaiting();
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
