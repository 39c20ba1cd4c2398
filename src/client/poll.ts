import type { CallOptions } from './call';
import { Retries, type RetryOptions } from './retry';
import type { AckAnswer, Page, PendingMessage } from './types';

export interface PageOptions extends CallOptions {
  /** Messages on a page, 1 to 1,000; 100 unless given. */
  readonly limit?: number | undefined;
  /** The cursor of the page before. */
  readonly after?: string | undefined;
  /** How long the server waits for a message while there is none, 0 to 20; not at all unless given. */
  readonly waitSeconds?: number | undefined;
}

export interface PollOptions extends CallOptions, RetryOptions {
  /** Messages that are fetched at a time, 1 to 1,000; 100 unless given. */
  readonly limit?: number | undefined;
  /** False: ends where the backlog ends, in place of waiting for more. */
  readonly follow?: boolean | undefined;
  /**
   * True: a message is acked once the next one is asked for, many with one request. The one at which the loop is left,
   * by `break` or an error, is not acked. False, and unless given: only what you ack by its `ack` is.
   */
  readonly ack?: boolean | undefined;
}

/** A polled message. */
export interface PolledMessage extends PendingMessage {
  /** Marks it received, so that it is neither polled nor pushed again. Idempotent. */
  ack(options?: CallOptions): Promise<void>;
}

/** What polling needs of the client. */
export interface Poller {
  page(subscriber: string, options: PageOptions): Promise<Page>;
  ack(
    subscriber: string,
    what: { readonly ids: readonly string[] },
    options: CallOptions,
  ): Promise<AckAnswer>;
}

const WAIT_SECONDS = 20;

export async function* poll(
  poller: Poller,
  subscriber: string,
  options: PollOptions,
): AsyncGenerator<PolledMessage, void> {
  const { signal, limit, follow = true } = options;
  const retries = new Retries(options, signal);
  const acks = new Acks(poller, subscriber);
  let after: string | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const query = { limit, after, waitSeconds: follow ? WAIT_SECONDS : 0, signal };
    const page = await retries.run(() => poller.page(subscriber, query));
    after = page.cursor ?? after;
    try {
      for (const message of page.messages) {
        signal?.throwIfAborted();
        yield { ...message, ack: (own = {}) => acks.send([message.id], own) };
        if (options.ack) acks.add(message.id);
      }
      await retries.run(() => acks.flush());
    } finally {
      // Also when the loop was left: what it has done is done.
      await acks.flush();
    }
    if (!follow && !page.hasMore) return;
  }
}

/** Message ids to be acked together. */
class Acks {
  #ids: string[] = [];

  constructor(
    private readonly poller: Poller,
    private readonly subscriber: string,
  ) {}

  add(id: string): void {
    this.#ids.push(id);
  }

  async flush(): Promise<void> {
    if (this.#ids.length > 0) await this.send(this.#ids, {});
    this.#ids = [];
  }

  async send(ids: readonly string[], options: CallOptions): Promise<void> {
    // An id that is not known any more has been received by another way.
    await this.poller.ack(this.subscriber, { ids }, options);
  }
}
