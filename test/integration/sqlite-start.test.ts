import { chmodSync, existsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '../../src/errors';
import { examineFile } from '../../src/store/sqlite/examine-file';
import { explain, openDatabase } from '../../src/store/sqlite/sqlite-database';
import { SqliteFiles } from '../support/sqlite-files';

describe('opening the embedded store', () => {
  let files: SqliteFiles;

  beforeEach(() => {
    files = new SqliteFiles();
  });

  afterEach(() => files.cleanUp());

  /** The one line with which the start is refused. */
  async function refusal(dataDir = files.dataDir): Promise<string> {
    const error: unknown = await files.open({ dataDir }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartupError);
    const { message } = error as StartupError;
    expect(message).not.toContain('\n');
    return message;
  }

  it('creates DATA_DIR for this user alone, with its parents, and the file', async () => {
    const dataDir = join(files.dataDir, 'a/b');
    await files.open({ dataDir });
    expect(existsSync(join(dataDir, 'herald.db'))).toBe(true);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('commits durably, and lets the file shrink', () => {
    const database = openDatabase({ dataDir: files.dataDir });
    const pragma = (name: string): unknown =>
      Object.values(database.connection.prepare(`PRAGMA ${name}`).get() as object)[0];
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(2);
    expect(pragma('auto_vacuum')).toBe(2);
    database.close();
  });

  it('refuses a second opening within the process, and allows it after the first was closed', async () => {
    const first = await files.open();
    expect(await refusal()).toMatch(/^DATA_DIR .* is in use by another Herald process: stop that process/);
    await first.close();
    await expect((await files.open()).ping()).resolves.toBeUndefined();
  });

  it('refuses a DATA_DIR below a file', async () => {
    writeFileSync(join(files.dataDir, 'a-file'), '');
    const dataDir = join(files.dataDir, 'a-file/data');
    expect(await refusal(dataDir)).toMatch(/cannot be created .*: choose another directory/);
    expect(await refusal(dataDir)).toContain(dataDir);
  });

  it('refuses a DATA_DIR that is a file, and says so; so does herald doctor', async () => {
    const dataDir = join(files.dataDir, 'a-file');
    writeFileSync(dataDir, '');
    const message = `DATA_DIR ${dataDir} is a file: name a folder, which herald.db is kept in.`;
    expect(await refusal(dataDir)).toBe(message);
    expect(() => examineFile({ dataDir })).toThrow(new StartupError(message));
  });

  it('refuses a DATA_DIR that cannot be created', async () => {
    expect(await refusal('/proc/herald/data')).toMatch(
      /^DATA_DIR \/proc\/herald\/data cannot be created .*: choose/,
    );
  });

  it('refuses a DATA_DIR in which nothing can be written', async () => {
    // For the superuser, who may write everywhere else.
    const dataDir = process.getuid?.() === 0 ? '/proc/self' : files.dataDir;
    chmodSync(files.dataDir, 0o500);
    expect(await refusal(dataDir)).toMatch(
      /cannot be opened .*: make sure that this user may read and write DATA_DIR/,
    );
    chmodSync(files.dataDir, 0o700);
  });

  it('names a full disk where a start meets it as an I/O error', () => {
    const fault = Object.assign(new Error('disk I/O error'), { errcode: 4874 });
    expect(explain(fault, 'data', 'data/herald.db').message).toMatch(
      /^data\/herald.db cannot be read or written \(disk I\/O error\): see whether the disk of DATA_DIR data is full/,
    );
  });

  it('refuses a file that is no database', async () => {
    writeFileSync(files.file, 'something else altogether '.repeat(1000));
    expect(await refusal()).toBe(
      `${files.file} is damaged (file is not a database): delete herald.db-wal and herald.db-shm and restore it from a backup, or move all three away to start empty.`,
    );
  });

  it('refuses a file that was cut short', async () => {
    await (await files.open()).close();
    truncateSync(files.file, 8192);
    expect(await refusal()).toMatch(/is damaged .* restore it from a backup/);
  });

  it('refuses a file from a newer version, and leaves it as it is', async () => {
    await (await files.open()).close();
    files.inspect((connection) => connection.exec('PRAGMA user_version = 99'));
    expect(await refusal()).toMatch(
      /was written by a newer version of Herald \(its schema is 99, this version knows 5\): run that version/,
    );
    const version = files.inspect((connection) => connection.prepare('PRAGMA user_version').get());
    expect(version).toEqual({ user_version: 99 });
  });

  it("refuses another program's database", async () => {
    files.inspect((connection) => connection.exec('CREATE TABLE notes (text)'));
    expect(await refusal()).toMatch(/is a database of another program: choose another DATA_DIR\.$/);
  });

  it('frees the file when the start was refused', async () => {
    files.inspect((connection) => connection.exec('CREATE TABLE notes (text)'));
    await refusal();
    files.inspect((connection) => connection.exec('DROP TABLE notes'));
    await expect((await files.open()).ping()).resolves.toBeUndefined();
  });
});
