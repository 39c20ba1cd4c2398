import type { HeraldClient } from '../../test/support/herald-client';
import { isConnectionBroken } from './connection-broken';
import type { Ledger } from './ledger';
import type { Random } from './random';

const KINDS = ['plain', 'plain', 'async', 'wait', 'keyed', 'batch'] as const;
const MAX_BATCH = 40;

interface Answered {
  readonly id?: string;
  readonly status?: number;
}

/** What it publishes with a key; kept until it is answered, and so sent again after a crash. */
interface Keyed {
  readonly key: string;
  readonly data: string;
}

/** Publishes in every way there is, and notes what is answered 2xx. */
export class Publisher {
  #count = 0;
  #unanswered: Keyed | null = null;

  constructor(
    private readonly name: string,
    private readonly topic: string,
    private readonly random: Random,
    private readonly ledger: Ledger,
  ) {}

  /** Publishes one after the other until the server is gone. */
  async runUntilGone(herald: HeraldClient): Promise<void> {
    try {
      for (;;) await this.#publish(herald);
    } catch (error) {
      if (!isConnectionBroken(error)) throw error;
    }
  }

  #newData(): string {
    this.#count += 1;
    return `{"from":"${this.name}","n":${this.#count}}`;
  }

  async #publish(herald: HeraldClient): Promise<void> {
    const kind = this.#unanswered ? 'keyed' : this.random.oneOf(KINDS);
    switch (kind) {
      case 'plain':
        return this.#publishOne(herald, kind, {});
      case 'async':
        return this.#publishOne(herald, kind, { prefer: 'respond-async' });
      case 'wait':
        return this.#publishOne(herald, kind, { prefer: `wait=${this.random.between(0, 1)}` });
      case 'keyed':
        return this.#publishKeyed(herald);
      case 'batch':
        return this.#publishBatch(herald);
    }
  }

  async #publishOne(
    herald: HeraldClient,
    kind: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { status, answer } = await herald.publish(this.topic, this.#newData(), headers);
    if (isSuccess(status)) this.ledger.acknowledge(answer.id, kind);
  }

  async #publishKeyed(herald: HeraldClient): Promise<void> {
    this.#unanswered ??= { key: `${this.name}-${this.#count}`, data: this.#newData() };
    const { key, data } = this.#unanswered;
    const { status, answer } = await herald.publish(this.topic, data, { 'idempotency-key': key });
    if (!isSuccess(status)) return;
    this.ledger.acknowledge(answer.id, 'keyed');
    this.ledger.acknowledgeKey(key, answer.id);
    // Now and then an answer is taken for not arrived, and the same is sent again.
    if (!this.random.isLucky(0.3)) this.#unanswered = null;
  }

  /** Every line that arrived was answered, also when the rest never does. */
  async #publishBatch(herald: HeraldClient): Promise<void> {
    const lines = Array.from({ length: this.random.between(1, MAX_BATCH) }, () => this.#newData());
    const response = await herald.request('POST', `/publish/${this.topic}`, {
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const { id, status = 0 } = JSON.parse(part) as Answered;
        if (id !== undefined && isSuccess(status)) this.ledger.acknowledge(id, 'batch');
      }
    }
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
