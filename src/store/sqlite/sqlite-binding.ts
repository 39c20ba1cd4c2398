import { createRequire } from 'node:module';
import { StartupError } from '../../errors';

export type SqlValue = string | number | null;

/**
 * A prepared statement, as far as it is used here. Reused as often as needed; it holds no state between calls.
 * Not `iterate`: after a read that failed half-way, its next use fails as well.
 */
export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** One connection to one SQLite file. Its calls are synchronous and throw errors with an `errcode`. */
export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Opens the file at `path`, creating it when it is missing (its directory must exist). */
export type Connect = (path: string) => Connection;

interface Driver {
  readonly DatabaseSync: new (path: string) => Connection;
}

/**
 * SQLite as Node has it built in (from 22.13 without a flag), else the prebuilt package with the same interface.
 *
 * @throws StartupError when there is neither for this platform
 */
export function loadSqlite(): Connect {
  const { DatabaseSync } = builtInDriver() ?? packagedDriver();
  return (path) => new DatabaseSync(path);
}

function builtInDriver(): Driver | undefined {
  const emitWarning = process.emitWarning.bind(process);
  // The interface that is used here is stable, so an operator need not read at every start that it is experimental.
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite') as Driver | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function packagedDriver(): Driver {
  try {
    // Not `import()`, which starts the loader of ES modules for it: a fifth of what opening a store takes.
    return createRequire(__filename)('@photostructure/sqlite') as typeof import('@photostructure/sqlite');
  } catch (cause) {
    throw new StartupError(
      'No SQLite for this platform and Node version: use Node 22.13 or newer, which has it built in, or reinstall.',
      { cause },
    );
  }
}
