import { hashToken, newToken } from '../../../src/capability-token';
import { generateSecret } from '../../../src/delivery/signature';
import { openSqliteStores } from '../../../src/store/sqlite/open-sqlite-stores';
import type { Stores } from '../../../src/store/stores';
import { newMessageId } from '../../../src/message-id';
import { formatTimestamp } from '../../../src/timestamp';
import { answerCommands } from '../answer-commands';
import { latenciesOf, sharedMicros } from '../statistics';

export interface Fill {
  readonly dataDir: string;
  readonly subscriber: string;
  readonly messages: number;
  readonly bytes: number;
  /** Messages being stored at any moment. */
  readonly atOnce: number;
}

/** Works on embedded stores without a server. A store is opened when it is first named, and stays open. */
export interface StoreCommands {
  /** Adds pending messages; the answer is how many a second. */
  fill(options: Fill): Promise<number>;
  /** Marks everything pending as received. */
  markAll(options: { readonly dataDir: string; readonly subscriber: string }): Promise<void>;
  /** Reads pages one after the other and from the beginning again; the answer is the time of one, in microseconds. */
  pages(options: {
    readonly dataDir: string;
    readonly subscriber: string;
    readonly count: number;
  }): Promise<{ readonly p50: number; readonly p99: number }>;
  /** Reads and marks page by page until nothing is pending; the answer is messages a second. */
  drain(options: { readonly dataDir: string; readonly subscriber: string }): Promise<number>;
  /** Subscribes ten URLs to each of `topics` topics, each with a path, a secret and a token of its own. */
  subscribe(options: {
    readonly dataDir: string;
    readonly topics: number;
    readonly origins: readonly string[];
  }): Promise<void>;
  close(options: { readonly dataDir: string }): Promise<void>;
}

const SUBSCRIBING_AT_ONCE = 256;
const PAGE = 100;
const MAX_PAGE_BYTES = 2 ** 24;
const DAY_MS = 86_400_000;
const SUBSCRIBERS_PER_TOPIC = 10;

const stores = new Map<string, Promise<Stores>>();
const cursors = new Map<string, string>();
let lastMicros = Date.now() * 1000;

function storesIn(dataDir: string): Promise<Stores> {
  const open = stores.get(dataDir) ?? openSqliteStores({ dataDir });
  stores.set(dataDir, open);
  return open;
}

function nextTimestamp(): number {
  lastMicros += 1;
  return lastMicros;
}

/** Calls `task` so many times, several at a time, so that they share the waits for the disk. */
async function repeat(times: number, atOnce: number, task: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, worker));
}

async function pending(dataDir: string, subscriber: string, after?: string) {
  const { messages } = await storesIn(dataDir);
  return messages.pending(subscriber, {
    limit: PAGE,
    maxBytes: MAX_PAGE_BYTES,
    now: Date.now(),
    ...(after !== undefined && { after }),
  });
}

answerCommands<StoreCommands>({
  fill: async ({ dataDir, subscriber, messages: count, bytes, atOnce }) => {
    const { messages } = await storesIn(dataDir);
    const data = JSON.stringify('x'.repeat(Math.max(0, bytes - 2)));
    const copies = [{ subscriber, expiresAt: Date.now() + DAY_MS }];
    const startedAt = performance.now();
    await repeat(count, atOnce, () => {
      const micros = nextTimestamp();
      const message = { id: newMessageId(micros), topic: 'bench', timestamp: formatTimestamp(micros), data };
      return messages.put(message, copies);
    });
    return count / ((performance.now() - startedAt) / 1000);
  },

  markAll: async ({ dataDir, subscriber }) => {
    const { messages } = await storesIn(dataDir);
    await messages.markReceivedUpTo(subscriber, formatTimestamp(lastMicros), Date.now() + DAY_MS);
  },

  pages: async ({ dataDir, subscriber, count }) => {
    const micros: number[] = [];
    for (let n = 0; n < count; n++) {
      const startedAt = sharedMicros();
      const page = await pending(dataDir, subscriber, cursors.get(dataDir));
      micros.push(sharedMicros() - startedAt);
      const last = page.messages.at(-1);
      if (page.hasMore && last) cursors.set(dataDir, last.position);
      else cursors.delete(dataDir);
      if (page.messages.length !== PAGE) throw new Error(`A page of ${page.messages.length} messages`);
    }
    const { p50, p99 } = latenciesOf(micros);
    return { p50: p50 * 1000, p99: p99 * 1000 };
  },

  drain: async ({ dataDir, subscriber }) => {
    const { messages } = await storesIn(dataDir);
    const startedAt = performance.now();
    let drained = 0;
    for (;;) {
      const page = await pending(dataDir, subscriber);
      if (page.messages.length === 0) return drained / ((performance.now() - startedAt) / 1000);
      const positions = page.messages.map(({ position }) => position);
      drained += await messages.markReceived(subscriber, positions, Date.now() + DAY_MS);
    }
  },

  subscribe: async ({ dataDir, topics, origins }) => {
    const { subscriptions, subscribers } = await storesIn(dataDir);
    await repeat(topics * SUBSCRIBERS_PER_TOPIC, SUBSCRIBING_AT_ONCE, async (n) => {
      const topic = `topic-${Math.floor(n / SUBSCRIBERS_PER_TOPIC)}`;
      const subscriber = `${origins[n % origins.length] ?? ''}/subscriber-${n}`;
      const createdAt = formatTimestamp(nextTimestamp());
      await subscribers.save({
        subscriber,
        createdAt,
        settings: {},
        disabled: null,
        failingSince: null,
        asideUpTo: null,
        secrets: [{ secret: generateSecret(), expiresAt: null }],
        tokenHash: hashToken(newToken()),
      });
      await subscriptions.activate({ topic, subscriber }, createdAt);
    });
  },

  close: async ({ dataDir }) => {
    const open = await stores.get(dataDir);
    stores.delete(dataDir);
    await open?.close();
  },
});
