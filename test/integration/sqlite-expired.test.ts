import fc from 'fast-check';
import { newMessageId } from '../../src/message-id';
import { NEVER } from '../../src/store/sqlite/bounded-steps';
import { ExpiredRuns } from '../../src/store/sqlite/expired-runs';
import { NEXT_LIVE_SQL } from '../../src/store/sqlite/live-copies';
import { PendingCounters } from '../../src/store/sqlite/pending-counters';
import type { Connection } from '../../src/store/sqlite/sqlite-binding';
import { type Database, openDatabase } from '../../src/store/sqlite/sqlite-database';
import { PositionMark } from '../../src/store/sqlite/position-mark';
import { createReads, createWrites, type Reads, type Writes } from '../../src/store/sqlite/sqlite-operations';
import { SqliteFiles } from '../support/sqlite-files';

const ALICE = 'http://alice.example/hook';
const NOW = 1_000_000;
const EXPIRED = NOW - 1;
const LIVE = NOW + 1_000_000;
/** Longer than the runs that are not worth remembering. */
const MANY = 2500;

describe('a backlog of the embedded store that has expired copies', () => {
  let files: SqliteFiles;
  let database: Database;
  let reads: Reads;
  let writes: Writes;
  let counters: PendingCounters;
  /** How many expired copies were passed over, search by search. */
  let passed: number[];

  beforeEach(() => {
    files = new SqliteFiles();
    database = openDatabase({ dataDir: files.dataDir });
    const { connection } = database;
    const runs = new ExpiredRuns();
    counters = new PendingCounters(connection);
    passed = [];
    reads = createReads(counting(connection), runs);
    writes = createWrites(connection, { counters, mark: new PositionMark(connection), runs });
  });

  afterEach(async () => {
    database.close();
    await files.cleanUp();
  });

  /** The same connection; of each search for a live copy it is noted how many rows that goes over. */
  function counting(connection: Connection): Connection {
    const between = connection.prepare(
      'SELECT count(*) AS count FROM copies WHERE subscriber_id = ? AND is_received = 0 AND position > ? AND position < ?',
    );
    return {
      exec: (sql) => connection.exec(sql),
      close: () => connection.close(),
      prepare: (sql) => {
        const statement = connection.prepare(sql);
        if (sql !== NEXT_LIVE_SQL) return statement;
        return {
          run: (...values) => statement.run(...values),
          all: (...values) => statement.all(...values),
          get: (...values) => {
            const [subscriber = 0, from = 0, before = 0] = values;
            const found = statement.get(...values) as { position: number } | undefined;
            const end = found?.position ?? before;
            passed.push((between.get(subscriber, from, end) as { count: number }).count);
            return found;
          },
        };
      },
    };
  }

  function put(position: number, expiresAt: number): void {
    const body = { id: newMessageId(position), topic: 'orders', timestamp: position, data: '1', trace: null };
    writes.putCopies(body, [ALICE], [expiresAt], []);
  }

  /** Puts copies at `from`, `from + 10`, …; in one transaction, as the store does. */
  function putMany(count: number, from: number, expiresAt: number): void {
    database.connection.exec('BEGIN');
    for (let n = 0; n < count; n += 1) put(from + n * 10, expiresAt);
    counters.flush();
    database.connection.exec('COMMIT');
  }

  const page = (limit: number, { after = 0, before = NEVER, now = NOW } = {}) => {
    passed.length = 0;
    const [rows, hasMore] = reads.pendingPage(ALICE, after, before, limit, 1_000_000, now);
    return [rows.map(([position]) => position), hasMore];
  };
  const passedOver = () => passed.reduce((sum, count) => sum + count, 0);

  it('goes over those at its beginning once, and then no more', () => {
    putMany(MANY, 10, EXPIRED);
    expect(page(1)).toEqual([[], false]);
    expect(passedOver()).toBeGreaterThan(MANY - 10);
    for (const limit of [1, 100]) {
      expect(page(limit)).toEqual([[], false]);
      expect(passedOver()).toBe(0);
    }
    putMany(3, 100_000, LIVE);
    expect(page(2)).toEqual([[100_000, 100_010], true]);
    expect(passedOver()).toBe(0);
    expect(page(1, { after: 5000 })).toEqual([[100_000], true]);
    expect(passedOver()).toBe(0);
  });

  it('goes over those between live ones once, whatever the size of the page', () => {
    putMany(2, 10, LIVE);
    putMany(MANY, 1000, EXPIRED);
    putMany(2, 100_000, LIVE);
    for (const limit of [3, 2, 100]) page(limit);
    expect(page(3)).toEqual([[10, 20, 100_000], true]);
    expect(passedOver()).toBe(0);
  });

  it('goes on where more have expired behind them', () => {
    putMany(MANY, 10, EXPIRED);
    putMany(MANY, 100_000, NOW + 5);
    expect(page(1)).toEqual([[100_000], true]);
    expect(page(1, { after: 15_000, now: NOW + 5 })).toEqual([[], false]);
    expect(passedOver()).toBe(MANY);
    expect(page(1, { now: NOW + 5 })).toEqual([[], false]);
    expect(passedOver()).toBe(0);
  });

  it('finds a late copy that is stored among them', () => {
    putMany(MANY, 10, EXPIRED);
    page(1);
    put(5005, LIVE);
    expect(page(1)).toEqual([[5005], false]);
    // Moved to the next free place.
    page(1);
    put(7000, LIVE);
    expect(page(2)).toEqual([[5005, 7001], false]);
  });

  it('finds them again when the clock was set back', () => {
    putMany(MANY, 10, EXPIRED);
    page(1);
    expect(page(1, { now: EXPIRED - 1 })).toEqual([[10], true]);
  });

  it('reads what is live, in order, whatever is stored, received and read', () => {
    const aCopy = fc.record({
      position: fc.nat(24_000),
      expiresAt: fc.integer({ min: NOW - 2, max: NOW + 4 }),
    });
    const aRead = fc.record({ after: fc.nat(24_000), limit: fc.integer({ min: 1, max: 5 }), now: fc.nat(4) });
    putMany(MANY, 10, EXPIRED);
    const all = database.connection.prepare(
      'SELECT position FROM copies WHERE is_received = 0 AND position > ? AND expires_at > ? ORDER BY position LIMIT ?',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(aCopy, aRead), { minLength: 1, maxLength: 6 }), (steps) => {
        // Those of the round before would leave no long run.
        const live = all.all(0, EXPIRED, MANY) as { position: number }[];
        writes.markReceived(
          ALICE,
          live.map(({ position }) => position),
          LIVE,
        );
        for (const [copy, { after, limit, now }] of steps) {
          const [rows] = page(limit, { after, now: NOW + now });
          const wanted = all.all(after, NOW + now, limit) as { position: number }[];
          expect(rows).toEqual(wanted.map(({ position }) => position));
          if (copy.position % 3 === 0) writes.markReceived(ALICE, [copy.position + 1], LIVE);
          else put(copy.position + 1, copy.expiresAt);
        }
      }),
      { numRuns: 40 },
    );
  });
});
