import fc from 'fast-check';
import { newMessageId } from '../../src/message-id';
import { NEXT_LIVE_SQL, PENDING_COPIES_SQL } from '../../src/store/sqlite/live-copies';
import type { Connection } from '../../src/store/sqlite/sqlite-binding';
import type { MessageStore } from '../../src/store/message-store';
import { formatTimestamp } from '../../src/timestamp';
import { SqliteFiles } from '../support/sqlite-files';

const ALICE = 'http://alice.example/hook';
const BOB = 'http://bob.example/hook';
const START = Date.parse('2026-08-04T12:00:00Z');
const LATER = START + 3_600_000;

const at = (micros: number): string => formatTimestamp(START * 1000 + micros);
const aMessage = (micros: number, data = `{"n": ${micros}}`) => ({
  id: newMessageId(START * 1000 + micros),
  topic: 'orders',
  timestamp: at(micros),
  data,
});

describe("the embedded store's file", () => {
  let files: SqliteFiles;
  let store: MessageStore;

  beforeEach(async () => {
    files = new SqliteFiles();
    store = (await files.open()).messages;
  });

  afterEach(() => files.cleanUp());

  const rows = (sql: string): unknown[] =>
    files.inspect((connection) =>
      connection
        .prepare(sql)
        .all()
        .map((row) => ({ ...(row as object) })),
    );

  it('shows its messages in four columns', async () => {
    await store.put(aMessage(123_456, '{"message": "later"}'), [
      { subscriber: ALICE, expiresAt: LATER },
      { subscriber: BOB, expiresAt: LATER },
    ]);
    await store.markReceived(BOB, [at(123_456)], LATER);
    const timestamp = '2026-08-04T12:00:00.123456+00:00';
    const message = '{"message": "later"}';
    const shown = rows('SELECT * FROM messages') as object[];
    expect(shown.map((row) => Object.keys(row))[0]).toEqual([
      'timestamp',
      'subscriber',
      'message',
      'is_received',
    ]);
    expect(shown).toEqual([
      { timestamp, subscriber: ALICE, message, is_received: 0 },
      { timestamp, subscriber: BOB, message, is_received: 1 },
    ]);
  });

  it('holds a body once, until its last copy is gone', async () => {
    const copies = Array.from({ length: 1200 }, (_, n) => ({
      subscriber: `http://many.example/${n}`,
      expiresAt: LATER,
    }));
    const message = aMessage(1);
    await store.put(message, copies);
    await store.put(message, [{ subscriber: ALICE, expiresAt: LATER + 1 }]);
    expect(rows('SELECT copy_count FROM bodies')).toEqual([{ copy_count: 1201 }]);
    expect(await store.deleteExpired(LATER, 5000)).toBe(1200);
    expect(rows('SELECT copy_count FROM bodies')).toEqual([{ copy_count: 1 }]);
    await store.purge(ALICE, {});
    expect(rows('SELECT copy_count FROM bodies')).toEqual([]);
  });

  it('does in steps what concerns more copies than one operation may change', async () => {
    for (let n = 0; n < 1201; n += 200) {
      await Promise.all(
        Array.from({ length: Math.min(200, 1201 - n) }, (_, k) =>
          store.put(aMessage(n + k), [{ subscriber: ALICE, expiresAt: LATER }]),
        ),
      );
    }
    expect(await store.markReceivedUpTo(ALICE, at(600), LATER)).toBe(601);
    expect(
      await store.markReceived(ALICE, Array.from({ length: 1201 }, (_, n) => at(n)).slice(0, 650), LATER),
    ).toBe(49);
    expect(await store.purge(ALICE, { limit: 550 })).toBe(550);
    expect(await store.countPending(ALICE)).toBe(1);
    expect(await store.deleteExpired(LATER, 600)).toBe(600);
    expect(await store.deleteExpired(LATER, 600)).toBe(51);
    expect(rows('SELECT * FROM bodies')).toEqual([]);
  });

  it('marks what is behind late copies received, however many of these there are', async () => {
    const putAll = (from: number, to: number, isLate: boolean) =>
      Promise.all(
        Array.from({ length: to - from }, (_, k) =>
          store.put(aMessage(from + k), [{ subscriber: ALICE, expiresAt: LATER, isLate }]),
        ),
      );
    await putAll(0, 600, true);
    await putAll(600, 602, false);
    expect(await store.markReceivedUpTo(ALICE, at(600), LATER)).toBe(1);
    expect(await store.countPending(ALICE)).toBe(601);
  });

  it('gives space back to the disk as its messages expire', async () => {
    const data = `"${'x'.repeat(100_000)}"`;
    for (let n = 0; n < 100; n += 1)
      await store.put(aMessage(n, data), [{ subscriber: ALICE, expiresAt: LATER }]);
    const pages = (): number => {
      const [row] = rows('PRAGMA page_count') as { page_count: number }[];
      return Number(row?.page_count);
    };
    const full = pages();
    expect(await store.deleteExpired(LATER, 1000)).toBe(100);
    for (let n = 0; n < 20; n += 1) await store.deleteExpired(LATER, 1000);
    expect(pages()).toBeLessThan(full - 1000);
  });

  it('finds a page of a backlog by its index, whatever else is stored', () => {
    const plan = (sql: string) =>
      rows(`EXPLAIN QUERY PLAN ${sql}`).map((row) => (row as { detail: string }).detail);
    const range = '(subscriber_id=? AND position>? AND position<?)';
    expect(plan(PENDING_COPIES_SQL)).toEqual([`SEARCH copies USING INDEX copies_pending ${range}`]);
    expect(plan(NEXT_LIVE_SQL)).toEqual([`SEARCH copies USING COVERING INDEX copies_pending ${range}`]);
  });

  it('keeps its counts and its bodies right whatever is done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 1, maxLength: 25 }), async (steps) => {
        const messages = Array.from({ length: 6 }, (_, n) => aMessage(n >> 1));
        // Half of them at once, so that they share transactions.
        await Promise.all(steps.map((step) => step(store, messages)));
        for (const step of steps) await step(store, messages);
        expect(files.inspect(inconsistencies)).toEqual([]);
        for (const subscriber of SUBSCRIBERS) await expectCountOfPage(store, subscriber);
        await store.deleteExpired(Number.MAX_SAFE_INTEGER, 1000);
        expect(rows('SELECT * FROM bodies')).toEqual([]);
        expect(await store.subscribersWithBacklog()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

const SUBSCRIBERS = [ALICE, BOB, 'http://carol.example/hook'];

type Step = (store: MessageStore, messages: readonly ReturnType<typeof aMessage>[]) => Promise<unknown>;

const aSubscriber = fc.constantFrom(...SUBSCRIBERS);
const aPosition = fc.nat(8).map(at);
const anExpiry = fc.constantFrom(START + 1, START + 2, LATER);

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(5), fc.array(aSubscriber), anExpiry).map(aPutStep) },
  fc.tuple(aSubscriber, fc.array(aPosition), anExpiry).map(
    ([url, positions, expiresAt]): Step =>
      (store) =>
        store.markReceived(url, positions, expiresAt),
  ),
  fc.tuple(aSubscriber, aPosition, anExpiry).map(
    ([url, position, expiresAt]): Step =>
      (store) =>
        store.markReceivedUpTo(url, position, expiresAt),
  ),
  fc.tuple(aSubscriber, aPosition).map(
    ([url, position]): Step =>
      (store) =>
        store.setAside(url, position, 'timeout'),
  ),
  fc.tuple(aSubscriber, aPosition, fc.integer({ min: 1, max: 3 })).map(([url, before, limit]): Step => {
    return (store) => store.purge(url, { before, limit });
  }),
  fc.tuple(anExpiry, fc.integer({ min: 1, max: 3 })).map(([now, limit]): Step => {
    return (store) => store.deleteExpired(now, limit);
  }),
);

function aPutStep([n, subscribers, expiresAt]: [number, string[], number]): Step {
  return async (store, messages) => {
    const message = messages[n];
    if (message)
      await store.put(
        message,
        subscribers.map((subscriber) => ({ subscriber, expiresAt })),
      );
  };
}

async function expectCountOfPage(store: MessageStore, subscriber: string): Promise<void> {
  const page = await store.pending(subscriber, { limit: 1000, maxBytes: 1e6, now: 0 });
  expect(await store.countPending(subscriber)).toBe(page.messages.length);
  const ids = page.messages.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const positions = page.messages.map(({ position }) => position);
  expect([...(await store.locate(subscriber, ids)).values()].sort()).toEqual(positions);
}

/** What the file holds twice and not alike. */
function inconsistencies(connection: Connection): unknown[] {
  const queries = [
    `SELECT url FROM subscribers WHERE pending <>
       (SELECT count(*) FROM copies WHERE subscriber_id = subscribers.id AND is_received = 0)`,
    'SELECT id FROM bodies WHERE copy_count <> (SELECT count(*) FROM copies WHERE body = bodies.position)',
    'SELECT position FROM copies WHERE body NOT IN (SELECT position FROM bodies)',
    'SELECT id FROM bodies GROUP BY id HAVING count(*) > 1',
    "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
  ];
  return queries.flatMap((sql) => connection.prepare(sql).all());
}
