import { readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../../src/errors';
import { newMessageId } from '../../src/message-id';
import type { Message } from '../../src/model';
import type { MessageStore } from '../../src/store/message-store';
import { openSqliteStores } from '../../src/store/sqlite/open-sqlite-stores';
import { SqliteClient } from '../../src/store/sqlite/sqlite-client';
import { formatTimestamp, parseTimestamp } from '../../src/timestamp';
import { SqliteFiles } from '../support/sqlite-files';

const ALICE = 'http://alice.example/hook';
const BOB = 'http://bob.example/hook';
const NOW = Date.now();
const LATER = NOW + 3_600_000;
const PAGE_BYTES = 4096;

let micros = NOW * 1000;

function aMessage(data = '"x"'): Message {
  micros += 1;
  return { id: newMessageId(micros), topic: 'orders', timestamp: formatTimestamp(micros), data };
}

const copyFor = (subscriber: string) => ({ subscriber, expiresAt: LATER });

async function pendingIds(store: MessageStore, subscriber: string): Promise<string[]> {
  const page = await store.pending(subscriber, { limit: 10_000, maxBytes: 1e8, now: NOW });
  return page.messages.map(({ id }) => id);
}

/** Puts messages for Alice until one is refused; returns the ids of those that were not, and the refusal. */
async function putUntilRefused(store: MessageStore): Promise<{ ids: string[]; error: unknown }> {
  const ids: string[] = [];
  for (;;) {
    const message = aMessage(`"${'x'.repeat(2000)}"`);
    try {
      await store.put(message, [copyFor(ALICE)]);
      ids.push(message.id);
    } catch (error) {
      return { ids, error };
    }
  }
}

describe('the embedded store on a disk that fills up', () => {
  let files: SqliteFiles;
  let store: MessageStore;

  beforeEach(async () => {
    files = new SqliteFiles();
    store = (await files.open({ maxPageCount: 80 })).messages;
  });

  afterEach(() => files.cleanUp());

  it('refuses what it cannot store, and keeps and serves what it has', async () => {
    const { ids, error } = await putUntilRefused(store);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ cause: { message: 'database or disk is full', errcode: 13 } });
    expect(ids.length).toBeGreaterThan(20);
    expect(await pendingIds(store, ALICE)).toEqual(ids);
    expect(await store.countPending(ALICE)).toBe(ids.length);
  });

  it('stores again when there is space again', async () => {
    const { ids } = await putUntilRefused(store);
    expect(await store.purge(ALICE, { limit: 10 })).toBe(10);
    const message = aMessage();
    expect(await store.put(message, [copyFor(ALICE)])).toEqual([]);
    expect(await pendingIds(store, ALICE)).toEqual([...ids.slice(10), message.id]);
  });

  it('lets what needs no space succeed beside what does', async () => {
    const { ids } = await putUntilRefused(store);
    const tooBig = `"${'x'.repeat(500_000)}"`;
    const [first, purged, second] = await Promise.allSettled([
      store.put(aMessage(tooBig), [copyFor(BOB)]),
      store.purge(ALICE, { limit: 1 }),
      store.put(aMessage(tooBig), [copyFor(BOB)]),
    ]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    expect(purged).toEqual({ status: 'fulfilled', value: 1 });
    expect(await pendingIds(store, ALICE)).toEqual(ids.slice(1));
    expect([await store.countPending(ALICE), await store.countPending(BOB)]).toEqual([ids.length - 1, 0]);
  });

  it('has everything that it acknowledged after it was opened with more space', async () => {
    const { ids } = await putUntilRefused(store);
    await store.put(aMessage(), [copyFor(BOB)]).catch(() => null);
    await files.closeAll();
    const { messages } = await files.open();
    expect(await pendingIds(messages, ALICE)).toEqual(ids);
    expect(await messages.put(aMessage(), [copyFor(BOB)])).toEqual([]);
  });
});

describe('the embedded store on a disk that is nearly full', () => {
  const files = new SqliteFiles();

  afterEach(() => files.cleanUp());

  it('starts, refuses messages and keys, and still serves, marks and deletes what it has', async () => {
    const before = await files.open();
    const stored = [aMessage(), aMessage(), aMessage()];
    for (const message of stored) await before.messages.put(message, [copyFor(ALICE)]);
    await before.close();

    const { messages, idempotency, subscriptions } = await files.open({
      reserveBytes: Number.MAX_SAFE_INTEGER,
    });
    const at = String(stored[0]?.timestamp);
    const refused = messages.put(aMessage(), [copyFor(ALICE)]);
    await expect(refused).rejects.toThrow(StoreUnavailableError);
    await expect(refused).rejects.toThrow(/kept for acks and deletions; free some space on it/);
    const record = {
      key: 'k',
      fingerprint: 'f',
      messageId: 'm',
      timestamp: at,
      answer: null,
      expiresAt: LATER,
    };
    await expect(idempotency.claim(record, NOW)).rejects.toThrow(StoreUnavailableError);
    await subscriptions.activate({ topic: 'orders', subscriber: BOB }, at);
    expect(await messages.markReceived(ALICE, [at], LATER)).toBe(1);
    expect(await messages.purge(ALICE, { limit: 1 })).toBe(1);
    expect(await pendingIds(messages, ALICE)).toEqual([stored[2]?.id]);
  });
});

describe('the embedded store on a file that is damaged', () => {
  const files = new SqliteFiles();

  afterEach(() => files.cleanUp());

  it('says so where it meets the damage, and goes on with the rest', async () => {
    const before = await files.open();
    await before.messages.put(aMessage(`"${'A'.repeat(5 * PAGE_BYTES)}"`), [copyFor(ALICE)]);
    const bobs = aMessage();
    await before.messages.put(bobs, [copyFor(BOB)]);
    await before.close();
    damagePageOf('A', files.file);

    const stores = await files.open();
    const damaged = pendingIds(stores.messages, ALICE);
    await expect(damaged).rejects.toThrow(StoreUnavailableError);
    await expect(damaged).rejects.toThrow('database disk image is malformed');
    expect(await pendingIds(stores.messages, BOB)).toEqual([bobs.id]);
    expect(await stores.messages.put(aMessage(), [copyFor(BOB)])).toEqual([]);
    await expect(stores.ping()).resolves.toBeUndefined();
  });
});

describe('a copy whose message is missing', () => {
  it('is left out of pages, which go on behind it, and told of once', async () => {
    const files = new SqliteFiles();
    const first = await files.open();
    const messages = Array.from({ length: 4 }, () => aMessage());
    for (const message of messages) await first.messages.put(message, [copyFor(ALICE)]);
    await files.closeAll();
    const missing = [0, 1].map((n) => String(messages[n]?.timestamp));
    const positions = missing.map((at) => Number(parseTimestamp(at)));
    files.inspect((connection) =>
      connection.exec(`DELETE FROM bodies WHERE position IN (${positions.join()})`),
    );

    const stores = await files.open();
    const told: string[] = [];
    stores.listen?.({ onFault: () => undefined, onDamaged: (url, at) => told.push(`${url} ${at}`) });
    expect(await pendingIds(stores.messages, ALICE)).toEqual([messages[2]?.id, messages[3]?.id]);
    const page = await stores.messages.pending(ALICE, { limit: 1, maxBytes: 1e8, now: NOW });
    expect([page.messages.map(({ id }) => id), page.hasMore]).toEqual([[messages[2]?.id], true]);
    expect(told).toEqual(missing.map((at) => `${ALICE} ${at}`));
    expect(await stores.messages.countPending(ALICE)).toBe(4);
    await files.cleanUp();
  });
});

/** Overwrites one page in the middle of a long text that is all of one letter. */
function damagePageOf(letter: string, file: string): void {
  const bytes = readFileSync(file);
  const offset = bytes.indexOf(letter.repeat(PAGE_BYTES - 4)) - 4;
  expect(offset % PAGE_BYTES).toBe(0);
  bytes.fill(0xff, offset, offset + PAGE_BYTES);
  writeFileSync(file, bytes);
}

describe('the embedded store and its thread', () => {
  const aClient = (program: string): SqliteClient =>
    new SqliteClient(
      new Worker(`const { parentPort } = require('node:worker_threads'); ${program}`, {
        eval: true,
        stderr: true,
      }),
    );

  it('rejects what was asked and what will be when the thread fails', async () => {
    const client = aClient(`parentPort.on('message', () => { throw new Error('out of order'); });`);
    const asked = Promise.allSettled([client.read('countPending', [ALICE]), client.write('ping', [])]);
    for (const one of await asked) {
      expect(one).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
    }
    await expect(client.write('ping', [])).rejects.toMatchObject({ cause: { message: 'out of order' } });
    await client.close();
  });

  it('refuses to start when the thread ends without a word', async () => {
    await expect(aClient('').opened()).rejects.toThrow(/thread has ended at its start/);
  });

  it('refuses more when too much is waiting, and never hangs', async () => {
    const worker = new Worker(`require('node:worker_threads').parentPort.on('message', () => {});`, {
      eval: true,
    });
    const client = new SqliteClient(worker);
    const text = 'x'.repeat(1024 * 1024);
    const answers = Array.from({ length: 200 }, () =>
      client.write('activateSubscription', [text, 'url', 'at']).catch((error: unknown) => error),
    );
    const tooMuch = new StoreUnavailableError('The store is overloaded; try again later.');
    expect(await Promise.all(answers.slice(150))).toEqual(Array.from({ length: 50 }, () => tooMuch));
    await worker.terminate();
    for (const answer of await Promise.all(answers)) expect(answer).toBeInstanceOf(StoreUnavailableError);
  });

  it('refuses what is asked after it was closed', async () => {
    const files = new SqliteFiles();
    const stores = await openSqliteStores({ dataDir: files.dataDir });
    const closed = stores.close();
    await expect(stores.ping()).rejects.toThrow(StoreUnavailableError);
    await closed;
    await expect(stores.messages.countPending(ALICE)).rejects.toThrow(StoreUnavailableError);
    await files.cleanUp();
  });
});
