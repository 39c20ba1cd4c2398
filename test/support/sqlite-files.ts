import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSqlite } from '../../src/store/sqlite/sqlite-binding';
import type { Connection } from '../../src/store/sqlite/sqlite-binding';
import type { Stores } from '../../src/store/stores';
import { openSqliteStores } from '../../src/store/sqlite/open-sqlite-stores';
import type { DatabaseOptions } from '../../src/store/sqlite/sqlite-database';

/** A data directory of one test's own, with what was opened on it. */
export class SqliteFiles {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'herald-'));
  readonly file = join(this.dataDir, 'herald.db');
  readonly #opened: Stores[] = [];

  async open(options: Partial<DatabaseOptions> = {}): Promise<Stores> {
    const stores = await openSqliteStores({ dataDir: this.dataDir, ...options });
    this.#opened.push(stores);
    return stores;
  }

  /** Runs `use` on a connection beside the store's, as an operator would with the `sqlite3` shell. */
  inspect<Result>(use: (connection: Connection) => Result): Result {
    const connection = loadSqlite()(this.file);
    try {
      return use(connection);
    } finally {
      connection.close();
    }
  }

  /** How many transactions are in the write-ahead log, https://sqlite.org/fileformat2.html#walformat. */
  commitsInLog(): number {
    const log = readFileSync(`${this.file}-wal`);
    const frameBytes = 24 + log.readUInt32BE(8);
    const salts = log.subarray(16, 24);
    let commits = 0;
    for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
      const isOfThisLog = log.subarray(at + 8, at + 16).equals(salts);
      if (isOfThisLog && log.readUInt32BE(at + 4) !== 0) commits += 1;
    }
    return commits;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.map((stores) => stores.close()));
  }

  async cleanUp(): Promise<void> {
    await this.closeAll();
    await rm(this.dataDir, { recursive: true });
  }
}
