import type { HeraldClient, Page } from '../../test/support/herald-client';
import { isConnectionBroken } from './connection-broken';
import type { Ledger } from './ledger';
import type { Random } from './random';

const MAX_LIMIT = 60;

/** A subscriber that polls and acks, now and then forgets to, and goes on where it was when the server is back. */
export class Poller {
  /** What it has sent and got no answer to. */
  #ack: object | null = null;
  #cursor: string | null = null;

  constructor(
    readonly url: string,
    private readonly random: Random,
    private readonly ledger: Ledger,
  ) {}

  /** Polls until the server is gone. */
  async runUntilGone(herald: HeraldClient): Promise<void> {
    try {
      for (;;) {
        if (this.#ack) await this.#send(herald, this.#ack);
        const after = this.#cursor;
        const limit = this.random.between(1, MAX_LIMIT);
        const page = await herald.poll(this.url, { limit, wait: 1, ...(after !== null && { after }) });
        const isForgotten = this.random.isLucky(0.2);
        // What it has not taken it meets again only when it begins anew.
        this.#cursor = isForgotten || this.random.isLucky(0.2) ? null : page.cursor;
        if (!isForgotten) await this.#take(herald, page);
      }
    } catch (error) {
      if (!isConnectionBroken(error)) throw error;
    }
  }

  /** Polls until nothing waits any more. */
  async drain(herald: HeraldClient): Promise<void> {
    for (;;) {
      const page = await herald.poll(this.url, { limit: 1000 });
      if (page.messages.length === 0) return;
      await this.#take(herald, page);
    }
  }

  async #take(herald: HeraldClient, { messages, cursor }: Page): Promise<void> {
    if (messages.length === 0) return;
    const ids = messages.map(({ id }) => id);
    // Before it is sent: whether an ack without an answer was heard cannot be told, and the messages are here.
    for (const id of ids) this.ledger.receive(this.url, id);
    await this.#send(herald, this.random.isLucky(0.5) ? { upTo: cursor } : { ids });
  }

  async #send(herald: HeraldClient, ack: object): Promise<void> {
    this.#ack = ack;
    await herald.ack(this.url, ack);
    this.#ack = null;
  }
}
