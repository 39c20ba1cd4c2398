import type { HeraldClient, Page } from '../../test/support/herald-client';
import { isConnectionBroken } from './connection-broken';
import type { Ledger } from './ledger';
import type { Random } from './random';

const MAX_LIMIT = 60;

/** A subscriber that polls and acks, and now and then forgets to. */
export class Poller {
  constructor(
    readonly url: string,
    private readonly random: Random,
    private readonly ledger: Ledger,
  ) {}

  /** Polls until the server is gone. */
  async runUntilGone(herald: HeraldClient): Promise<void> {
    try {
      for (;;) {
        const page = await herald.poll(this.url, { limit: this.random.between(1, MAX_LIMIT), wait: 1 });
        if (!this.random.isLucky(0.2)) await this.#ack(herald, page);
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
      await this.#ack(herald, page);
    }
  }

  async #ack(herald: HeraldClient, { messages, cursor }: Page): Promise<void> {
    if (messages.length === 0) return;
    const ids = messages.map(({ id }) => id);
    // Before it is sent: whether an ack without an answer was heard cannot be told, and the messages are here.
    for (const id of ids) this.ledger.receive(this.url, id);
    await herald.ack(this.url, this.random.isLucky(0.5) ? { upTo: cursor } : { ids });
  }
}
