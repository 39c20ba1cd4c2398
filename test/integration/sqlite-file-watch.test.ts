import { cpSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { StoreUnavailableError } from '../../src/errors';
import { newMessageId } from '../../src/message-id';
import { type Database, openDatabase } from '../../src/store/sqlite/sqlite-database';
import { formatTimestamp } from '../../src/timestamp';
import { eventually } from '../support/eventually';
import { SqliteFiles } from '../support/sqlite-files';
import { startTestService, subscribe } from '../support/start-test-service';

const ALICE = 'http://127.0.0.1:1/alice';

describe('the files of an open database', () => {
  let files: SqliteFiles;
  let database: Database;
  let now: number;

  beforeEach(() => {
    now = 0;
    files = new SqliteFiles();
    database = openDatabase({ dataDir: files.dataDir }, () => now);
    write();
    write();
    database.watch.check();
  });

  afterEach(async () => {
    database.close();
    await files.cleanUp();
  });

  function write(): void {
    database.connection.exec('UPDATE health SET pings = pings + 1');
  }

  function laterCheck(): string | null {
    now += 1_000;
    return database.watch.check();
  }

  const lost = (name: string, what: string) =>
    `${files.file}${name} ${what} while the server had it open, so that nothing is stored any more: `;

  it('are looked at once a second', () => {
    expect(laterCheck()).toBeNull();
    rmSync(files.file);
    now += 999;
    expect(database.watch.check()).toBeNull();
    now += 1;
    expect(database.watch.check()).toContain(lost('', 'was deleted or moved'));
  });

  it.each(['', '-wal', '.lock'])('are missed when herald.db%s is deleted', (name) => {
    rmSync(`${files.file}${name}`);
    expect(laterCheck()).toContain(lost(name, 'was deleted or moved'));
    expect(laterCheck()).toContain(lost(name, 'was deleted or moved'));
  });

  it.each(['', '-wal', '.lock'])('are missed when herald.db%s is another file', (name) => {
    cpSync(`${files.file}${name}`, `${files.file}.other`);
    renameSync(`${files.file}.other`, `${files.file}${name}`);
    expect(laterCheck()).toContain(lost(name, 'was replaced'));
  });

  it('are missed with their folder, until that is back', () => {
    renameSync(files.dataDir, `${files.dataDir}.away`);
    expect(laterCheck()).toContain(lost('', 'was deleted or moved'));
    renameSync(`${files.dataDir}.away`, files.dataDir);
    expect(laterCheck()).toBeNull();
  });

  it('are missed when herald.db is emptied', () => {
    writeFileSync(files.file, '');
    expect(laterCheck()).toContain(lost('', 'was emptied'));
  });

  it('are missed when the log is emptied, or cut', () => {
    truncateSync(`${files.file}-wal`, 5_000);
    expect(laterCheck()).toContain(lost('-wal', 'was cut short'));
    truncateSync(`${files.file}-wal`, 0);
    expect(laterCheck()).toContain(lost('-wal', 'was cut short'));
  });

  it('are missed when the log is emptied, and written to again before that is looked at', () => {
    truncateSync(`${files.file}-wal`, 0);
    for (let n = 0; n < 10; n += 1) write();
    expect(laterCheck()).toContain(lost('-wal', 'was cut short'));
    expect(laterCheck()).toContain(lost('-wal', 'was cut short'));
  });

  it('may have their log emptied by another program that has written it into the file', () => {
    files.inspect((connection) => connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get());
    expect(laterCheck()).toBeNull();
    write();
    expect(laterCheck()).toBeNull();
  });
});

describe('the embedded store whose file is gone', () => {
  it('stores nothing, says why, and still reads', async () => {
    const files = new SqliteFiles();
    const stores = await files.open();
    const faults: unknown[] = [];
    stores.listen?.({ onFault: (fault) => faults.push(fault), onDamaged: () => undefined });
    rmSync(files.file);
    const micros = Date.now() * 1000;
    const message = {
      id: newMessageId(micros),
      topic: 'orders',
      timestamp: formatTimestamp(micros),
      data: '1',
    };
    const put = stores.messages.put(message, [{ subscriber: ALICE, expiresAt: Infinity }]);
    await expect(put).rejects.toThrow(StoreUnavailableError);
    await expect(stores.ping()).rejects.toThrow(
      'herald.db was deleted or moved while the server had it open, so that nothing is stored any more: put back',
    );
    expect(await stores.messages.countPending(ALICE)).toBe(0);
    expect(faults).toEqual([expect.any(StoreUnavailableError)]);
    await files.cleanUp();
  });

  it('makes the server answer so, with one line in the log', async () => {
    const service = await startTestService();
    await subscribe(service, 'orders', ALICE);
    renameSync(service.dataDir, `${service.dataDir}.away`);
    const expectReady = (status: number) =>
      eventually(async () => expect((await service.get('/readyz')).status).toBe(status));
    await expectReady(503);
    const publish = await service.post('/publish/orders', '1');
    expect([publish.status, await publish.json()]).toEqual([
      503,
      expect.objectContaining({
        code: 'store_unavailable',
        undelivered: [expect.objectContaining({ url: ALICE, stored: false })],
      }),
    ]);
    expect(service.lines('store.files_lost')).toEqual([
      expect.objectContaining({
        level: 50,
        reason: expect.stringContaining('was deleted or moved') as string,
      }),
    ]);
    renameSync(`${service.dataDir}.away`, service.dataDir);
    await expectReady(200);
    expect((await service.post('/publish/orders', '1')).status).toBe(202);
    expect(service.lines('store.files_back')).toHaveLength(1);
    await service.close();
  });
});
