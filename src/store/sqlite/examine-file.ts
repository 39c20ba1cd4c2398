import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartupError } from '../../errors';
import { type Connect, loadSqlite } from './sqlite-binding';
import { checkIsFolder, damageText, type DatabaseOptions, explain, FILE_NAME } from './sqlite-database';
import { faultText, SQLITE, sqliteCode } from './sqlite-faults';
import { schemaOf } from './sqlite-schema';

/** A larger file is not read through: that would take minutes. */
const MAX_CHECKED_BYTES = 1024 * 1024 * 1024;

export interface FileExamination {
  /** Another process has the file open; then it was not looked into. */
  readonly isInUse: boolean;
  /** What was found, in a few words. */
  readonly message: string;
}

/**
 * Looks whether the embedded store could be opened, without making it.
 *
 * @throws StartupError with the cause and the remedy
 */
export function examineFile({ dataDir }: DatabaseOptions): FileExamination {
  const connect = loadSqlite();
  const directory = absolute(dataDir);
  if (!existsSync(directory)) {
    checkWritable(nearestOf(directory), dataDir);
    return { isInUse: false, message: `${directory} is not there yet; the first start makes it` };
  }
  checkIsFolder(directory, dataDir);
  checkWritable(directory, dataDir);
  const file = join(directory, FILE_NAME);
  try {
    if (isLocked(connect, `${file}.lock`)) return { isInUse: true, message: `${file} is in use` };
    if (!existsSync(file)) {
      return { isInUse: false, message: `${directory} can be written; the first start makes ${FILE_NAME}` };
    }
    return { isInUse: false, message: checkFile(connect, file) };
  } catch (error) {
    throw explain(error, dataDir, file);
  }
}

function absolute(dataDir: string): string {
  try {
    return resolve(dataDir);
  } catch (cause) {
    throw new StartupError(
      `DATA_DIR ${dataDir} cannot be found, since the current directory is gone (${faultText(cause)}): change to another directory, or set DATA_DIR to a full path.`,
      { cause },
    );
  }
}

function nearestOf(directory: string): string {
  return existsSync(directory) ? directory : nearestOf(dirname(directory));
}

/** By doing it: permissions do not tell of a read-only or a full disk. */
function checkWritable(directory: string, dataDir: string): void {
  try {
    rmdirSync(mkdtempSync(join(directory, '.herald-doctor-')));
  } catch (cause) {
    throw new StartupError(
      `DATA_DIR ${dataDir} cannot be written (${faultText(cause)}): choose another directory, or give this user the right to write there.`,
      { cause },
    );
  }
}

/** Whether a running process holds the lock; without making its file. */
function isLocked(connect: Connect, lockFile: string): boolean {
  if (!existsSync(lockFile)) return false;
  const lock = connect(lockFile);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; ROLLBACK');
    return false;
  } catch (error) {
    if (sqliteCode(error) === SQLITE.BUSY) return true;
    throw error;
  } finally {
    lock.close();
  }
}

function checkFile(connect: Connect, file: string): string {
  accessSync(file, constants.R_OK | constants.W_OK);
  const { size } = statSync(file);
  const connection = connect(file);
  try {
    schemaOf(connection, file);
    connection.exec('BEGIN IMMEDIATE; ROLLBACK');
    if (size > MAX_CHECKED_BYTES) {
      return `${file} can be written; with its ${size} bytes it was not read through (sqlite3 ${file} "PRAGMA quick_check")`;
    }
    const { quick_check: result } = connection.prepare('PRAGMA quick_check(1)').get() as {
      quick_check: string;
    };
    if (result !== 'ok') {
      throw new StartupError(damageText(file, result.split('\n')[0] ?? ''));
    }
    return `${file} can be written and is not damaged`;
  } finally {
    connection.close();
  }
}
