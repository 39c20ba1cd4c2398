import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartupError } from '../../errors';
import { DiskReserve } from './disk-reserve';
import { loadSqlite } from './sqlite-binding';
import type { Connect, Connection } from './sqlite-binding';
import { FileWatch } from './file-watch';
import { SQLITE, faultText, sqliteCode } from './sqlite-faults';
import { migrate } from './sqlite-schema';

export const FILE_NAME = 'herald.db';

/** How long another program (a backup, a `sqlite3` shell) may hold the file before an operation fails. */
const BUSY_TIMEOUT_MS = 5_000;
/** The write-ahead log goes into the file after this many pages (4 MiB) … */
const CHECKPOINT_PAGES = 1_000;
/** … and is cut back to this many bytes when a burst, or a long read by another program, made it grow. */
const LOG_SIZE_LIMIT_BYTES = 64 * 1024 * 1024;
const CACHE_KIB = 16 * 1024;

export interface DatabaseOptions {
  /** Where `herald.db` is, or is to be. Created when it is missing. */
  readonly dataDir: string;
  /** For tests: the file is full when it has this many pages of 4 KiB. */
  readonly maxPageCount?: number;
  /** For tests: messages are refused when the disk has less than this left, whatever its size. */
  readonly reserveBytes?: number;
}

/** The open file and the lock that keeps other processes off it. */
export interface Database {
  readonly connection: Connection;
  readonly watch: FileWatch;
  readonly reserve: DiskReserve;
  close(): void;
}

/**
 * Opens `herald.db` for this process alone, creates it or brings its schema up to date, and makes sure that a commit
 * is on the disk when it returns.
 *
 * @param now milliseconds that never go back
 * @throws StartupError with the cause and the remedy, whatever went wrong
 */
export function openDatabase(options: DatabaseOptions, now = () => performance.now()): Database {
  const { dataDir } = options;
  const file = join(dataDir, FILE_NAME);
  const connect = loadSqlite();
  createDirectory(dataDir);
  const lockFile = `${file}.lock`;
  const lock = takeLock(connect, dataDir, lockFile);
  try {
    const connection = openFile(connect, file, options.maxPageCount);
    return {
      connection,
      watch: new FileWatch({ connection, file, lockFile, logSizeLimit: LOG_SIZE_LIMIT_BYTES, now }),
      // Where a link leads to, if the file is one.
      reserve: new DiskReserve({
        directory: dirname(realpathSync(file)),
        freeInFile: freeSpaceOf(connection),
        reserveBytes: options.reserveBytes,
      }),
      close: () => {
        connection.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw explain(error, dataDir, file);
  }
}

/** How many bytes of the file are in no use, to be asked at any time: one row is read. */
function freeSpaceOf(connection: Connection): () => number {
  const free = connection.prepare(
    'SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count, pragma_page_size',
  );
  return () => (free.get() as { bytes: number }).bytes;
}

function createDirectory(dataDir: string): void {
  try {
    const directory = resolve(dataDir);
    checkIsFolder(directory, dataDir);
    makeWithParents(directory);
  } catch (cause) {
    if (cause instanceof StartupError) throw cause;
    throw new StartupError(
      `DATA_DIR ${dataDir} cannot be created (${faultText(cause)}): choose another directory, or create it for this user.`,
      { cause },
    );
  }
}

/** @throws StartupError when it is there, but not as a folder */
export function checkIsFolder(directory: string, dataDir: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new StartupError(`DATA_DIR ${dataDir} is a file: name a folder, which ${FILE_NAME} is kept in.`);
  }
}

/** Not `mkdirSync` with `recursive`: in a file system that has no directories to make (`/proc`) that never returns. */
function makeWithParents(directory: string): void {
  if (existsSync(directory)) return;
  makeWithParents(dirname(directory));
  // The file holds messages and signing secrets.
  mkdirSync(directory, { mode: 0o700 });
}

/**
 * Two processes on one file would stall each other, and each would answer from an index of subscriptions that the
 * other changes. The lock is SQLite's own on a file beside it: the operating system frees it when the process ends,
 * also after `kill -9`, and it leaves the data readable for other programs.
 */
function takeLock(connect: Connect, dataDir: string, file: string): Connection {
  let lock: Connection | undefined;
  try {
    lock = connect(file);
    // No journal file beside the lock: nothing is ever written to it.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock?.close();
    if (sqliteCode(cause) !== SQLITE.BUSY) throw explain(cause, dataDir, file);
    throw new StartupError(
      `DATA_DIR ${dataDir} is in use by another Herald process: stop that process, or choose another DATA_DIR.`,
      { cause },
    );
  }
}

function openFile(connect: Connect, file: string, maxPageCount: number | undefined): Connection {
  const connection = connect(file);
  try {
    configure(connection, file);
    if (maxPageCount !== undefined) connection.exec(`PRAGMA max_page_count = ${maxPageCount}`);
    migrate(connection, file);
    // Meets damage that the header does not show; a complete check would take minutes on a large file.
    connection.prepare('SELECT max(position) FROM bodies').get();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function configure(connection: Connection, file: string): void {
  connection.exec(`
    PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
    PRAGMA auto_vacuum = INCREMENTAL; -- takes effect in a new file only, before anything is written to it
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT_BYTES};
    PRAGMA cache_size = -${CACHE_KIB};
  `);
  // A pragma that does not take effect says nothing, and without these two a power cut loses acknowledged messages.
  const { journal_mode: mode } = connection.prepare('PRAGMA journal_mode').get() as { journal_mode: string };
  const { synchronous } = connection.prepare('PRAGMA synchronous').get() as { synchronous: number };
  if (mode !== 'wal' || synchronous !== 2) {
    throw new StartupError(
      `${file} cannot be written durably (journal ${mode}, synchronous ${synchronous}): choose a DATA_DIR on a local disk.`,
    );
  }
}

/** One line for the operator; what the log holds belongs to the file that it stands beside. */
export function damageText(file: string, text: string): string {
  return `${file} is damaged (${text}): delete ${FILE_NAME}-wal and ${FILE_NAME}-shm and restore it from a backup, or move all three away to start empty.`;
}

/** One line for the operator: what is wrong with the file, and what to do. */
export function explain(error: unknown, dataDir: string, file: string): StartupError {
  if (error instanceof StartupError) return error;
  const text = faultText(error);
  switch (sqliteCode(error)) {
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return new StartupError(damageText(file, text), { cause: error });
    case SQLITE.FULL:
      return new StartupError(`The disk of DATA_DIR ${dataDir} is full: free some space on it.`, {
        cause: error,
      });
    case SQLITE.BUSY:
      return new StartupError(`${file} is locked by another program (${text}): close that program.`, {
        cause: error,
      });
    case SQLITE.IOERR:
      return new StartupError(
        `${file} cannot be read or written (${text}): see whether the disk of DATA_DIR ${dataDir} is full (df) or fails, and make sure that this user may read and write the files in it.`,
        { cause: error },
      );
    default:
      return new StartupError(
        `${file} cannot be opened (${text}): make sure that this user may read and write DATA_DIR and the files in it.`,
        { cause: error },
      );
  }
}
