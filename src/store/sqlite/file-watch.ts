import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Connection } from './sqlite-binding';
import { SQLITE, sqliteCode } from './sqlite-faults';

/** How often the files are looked at, at most, in milliseconds. */
const CHECK_MS = 1_000;
/** https://sqlite.org/fileformat2.html#the_write_ahead_log */
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

export interface FileWatchDeps {
  /** Open on `file`. */
  readonly connection: Connection;
  readonly file: string;
  /** What keeps other processes off. */
  readonly lockFile: string;
  /** The log beside the file may be cut back to this many bytes at any time. */
  readonly logSizeLimit: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

interface Watched {
  readonly path: string;
  /** Which file was opened under this name. */
  readonly identity: string;
  readonly remedy: string;
}

/**
 * Whether the names of the files still lead to what is open. What is written to a file that was deleted or replaced goes on
 * succeeding, and is gone when the process ends.
 */
export class FileWatch {
  readonly #watched: readonly Watched[];
  readonly #file: string;
  readonly #log: string;
  readonly #pageBytes: number;
  readonly #checkpoint;
  /** The log has been at least so long. */
  #logBytes = 0;
  #checkedAt = -Infinity;
  #fault: string | null = null;

  constructor(private readonly deps: FileWatchDeps) {
    const { connection, file, lockFile } = deps;
    this.#file = resolve(file);
    // SQLite follows links before it names the log.
    this.#log = `${realpathSync(file)}-wal`;
    this.#watched = [
      [
        this.#file,
        'put back what was there; or stop the server, restore a backup as README.md says and start it again',
      ],
      [
        this.#log,
        'stop the server, but not with kill -9: it saves what it still has open; then start it again',
      ],
      [resolve(lockFile), 'another server may use the same file now: stop both, and start one'],
    ].flatMap(([path = '', remedy = '']) => {
      const identity = look(path)?.identity;
      return identity === undefined ? [] : [{ path, identity, remedy }];
    });
    this.#checkpoint = connection.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    const { page_size: pageBytes } = connection.prepare('PRAGMA page_size').get() as { page_size: number };
    this.#pageBytes = pageBytes;
  }

  /** What happened to the files and what to do, for the operator, or null; as it was found within the last second. */
  check(): string | null {
    const now = this.deps.now();
    if (now - this.#checkedAt >= CHECK_MS) {
      this.#checkedAt = now;
      this.#fault = this.#find();
    }
    return this.#fault;
  }

  #find(): string | null {
    for (const { path, identity, remedy } of this.#watched) {
      const found = look(path);
      if (found === null) return say(path, 'was deleted or moved', remedy);
      if (found && found.identity !== identity) return say(path, 'was replaced', remedy);
    }
    // It has its first page as long as it is open.
    const isEmptied = (look(this.#file)?.bytes ?? this.#pageBytes) < this.#pageBytes;
    const remedy = 'stop the server, restore a backup as README.md says and start it again';
    if (isEmptied) return say(this.#file, 'was emptied', remedy);
    return this.#isLogCut() ? say(this.#log, 'was cut short', remedy) : null;
  }

  /** A log that became shorter has lost something, unless all of that is in the file: then another program may empty it. */
  #isLogCut(): boolean {
    const bytes = look(this.#log)?.bytes;
    if (bytes === undefined) return false;
    // What is written next goes where it would have gone, and the file is as long as before.
    if (bytes > 0 && beginsWithNothing(this.#log)) return true;
    if (bytes < this.#logBytes) {
      const lacks = this.#lacks(bytes);
      if (lacks !== false) return lacks === true;
    }
    this.#logBytes = Math.min(bytes, this.deps.logSizeLimit);
    return false;
  }

  /** Whether the log has more to hold than so many bytes; null when that cannot be told now. */
  #lacks(bytes: number): boolean | null {
    try {
      const { busy, log, checkpointed } = this.#checkpoint.get() as Record<
        'busy' | 'log' | 'checkpointed',
        number
      >;
      if (busy !== 0) return null;
      const needed = LOG_HEADER_BYTES + log * (FRAME_HEADER_BYTES + this.#pageBytes);
      return log > checkpointed && bytes < needed;
    } catch (error) {
      // What is behind the end cannot be read.
      return sqliteCode(error) === SQLITE.IOERR ? true : null;
    }
  }
}

/** Which file a name leads to; null when to none, undefined when that cannot be told. */
function look(path: string): { readonly identity: string; readonly bytes: number } | null | undefined {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? { identity: `${found.dev}:${found.ino}`, bytes: Number(found.size) } : null;
  } catch {
    // As where the folder must not be read now: what is open is none the worse for that.
    return undefined;
  }
}

/** Whether there is nothing at the beginning, where the log has its header. */
function beginsWithNothing(log: string): boolean {
  const header = Buffer.alloc(LOG_HEADER_BYTES);
  try {
    // Closing it takes no lock from SQLite, which locks other files than the log.
    const descriptor = openSync(log, 'r');
    try {
      readSync(descriptor, header, 0, LOG_HEADER_BYTES, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // As in `look`.
    return false;
  }
  return header.every((byte) => byte === 0);
}

function say(path: string, what: string, remedy: string): string {
  return `${path} ${what} while the server had it open, so that nothing is stored any more: ${remedy}.`;
}
