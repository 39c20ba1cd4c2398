import { newMessageId } from '../../src/message-id';
import { GroupCommit } from '../../src/store/sqlite/group-commit';
import { PendingCounters } from '../../src/store/sqlite/pending-counters';
import { PositionMark } from '../../src/store/sqlite/position-mark';
import type { Connection } from '../../src/store/sqlite/sqlite-binding';
import { openDatabase } from '../../src/store/sqlite/sqlite-database';
import type { Database } from '../../src/store/sqlite/sqlite-database';
import { ExpiredRuns } from '../../src/store/sqlite/expired-runs';
import { createReads, createWrites } from '../../src/store/sqlite/sqlite-operations';
import type { Call } from '../../src/store/sqlite/sqlite-protocol';
import { formatTimestamp } from '../../src/timestamp';
import { SqliteFiles } from '../support/sqlite-files';

const ALICE = 'http://alice.example/hook';
const NOW = Date.now();
const LATER = NOW + 3_600_000;

describe('commits of many writers', () => {
  it('are far fewer than their puts', async () => {
    const files = new SqliteFiles();
    const { messages } = await files.open();
    const earlier = files.commitsInLog();
    const [writers, putsEach] = [64, 8];
    let micros = NOW * 1000;
    const write = async (subscriber: string): Promise<void> => {
      for (let n = 0; n < putsEach; n += 1) {
        micros += 1;
        const message = {
          id: newMessageId(micros),
          topic: 'orders',
          timestamp: formatTimestamp(micros),
          data: '1',
        };
        await messages.put(message, [{ subscriber, expiresAt: LATER }]);
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, n) => write(`http://many.example/${n}`)));
    const commits = files.commitsInLog() - earlier;
    expect(commits).toBeGreaterThanOrEqual(putsEach);
    expect(commits).toBeLessThanOrEqual((writers * putsEach) / 8);
    await files.cleanUp();
  });
});

describe('a group of writes', () => {
  let files: SqliteFiles;
  let database: Database;
  /** Faults to act out, by the statement that meets them. */
  let faults: Map<string, Error>;
  let group: GroupCommit;
  let countPending: () => number;
  let begun: number;

  beforeEach(() => {
    files = new SqliteFiles();
    database = openDatabase({ dataDir: files.dataDir });
    const { connection } = database;
    faults = new Map();
    begun = 0;
    const faulty: Connection = {
      exec: (sql) => {
        const fault = faults.get(sql);
        if (fault) throw fault;
        if (sql.startsWith('BEGIN')) begun += 1;
        connection.exec(sql);
      },
      prepare: (sql) => connection.prepare(sql),
      close: () => connection.close(),
    };
    const counters = new PendingCounters(connection);
    const runs = new ExpiredRuns();
    const failing = () => connection.exec('INSERT INTO health VALUES (NULL)');
    const mark = new PositionMark(connection);
    const operations = { ...createWrites(connection, { counters, mark, runs }), failing };
    group = new GroupCommit(faulty, operations, [counters, mark]);
    const reads = createReads(connection, runs);
    countPending = () => reads.countPending(ALICE);
  });

  afterEach(async () => {
    database.close();
    await files.cleanUp();
  });

  const aPut = (n: number): Call => {
    const timestamp = NOW * 1000 + n;
    const id = newMessageId(timestamp);
    return ['putCopies', [{ id, topic: 'orders', timestamp, data: '1', trace: null }, [ALICE], [LATER], []]];
  };

  it('shares one transaction', () => {
    const answers = group.run([aPut(1), aPut(2), aPut(3)]);
    expect(answers).toEqual([
      [true, undefined],
      [true, undefined],
      [true, undefined],
    ]);
    expect(begun).toBe(1);
    expect(countPending()).toBe(3);
  });

  it('does not suffer from one whose failure is its own', () => {
    const answers = group.run([aPut(1), ['failing', []], ['no such operation', []], aPut(2)]);
    expect(answers).toEqual([
      [true, undefined],
      [false, 'NOT NULL constraint failed: health.pings', 19],
      [false, 'There is no operation no such operation.', null],
      [true, undefined],
    ]);
    expect(countPending()).toBe(2);
  });

  it('fails as one when the disk fails at the commit, leaves nothing behind, and goes on after it', () => {
    faults.set('COMMIT', Object.assign(new Error('disk I/O error'), { errcode: 1034 }));
    expect(group.run([aPut(1), aPut(2)])).toEqual([
      [false, 'disk I/O error', 10],
      [false, 'disk I/O error', 10],
    ]);
    expect(countPending()).toBe(0);
    faults.clear();
    expect(group.run([aPut(1)])).toEqual([[true, undefined]]);
    expect(countPending()).toBe(1);
  });

  it('fails as one when another program holds the file', () => {
    faults.set('BEGIN IMMEDIATE', Object.assign(new Error('database is locked'), { errcode: 5 }));
    expect(group.run([aPut(1), aPut(2)])).toEqual([
      [false, 'database is locked', 5],
      [false, 'database is locked', 5],
    ]);
    expect(countPending()).toBe(0);
  });
});
