import type { Connection } from './sqlite-binding';
import { SQLITE, faultText, isSharedFault, sqliteCode } from './sqlite-faults';
import type { Answer, Call } from './sqlite-protocol';

/** Operations by name, as the worker runs them; SqliteClient has checked their arguments by type. */
type Operations = Readonly<Record<string, (...args: never[]) => unknown>>;

/** What operations collect while they run, so that it is written once for a whole group. */
export interface Collected {
  /** Writes it, just before the commit. */
  flush(): void;
  /** Forgets it: the transaction is rolled back. */
  discard(): void;
}

function run(operations: Operations, [name, args]: Call): unknown {
  const operation = operations[name];
  if (operation === undefined) throw new Error(`There is no operation ${name}.`);
  return operation(...(args as never[]));
}

function failure(error: unknown): Answer {
  return [false, faultText(error), sqliteCode(error)];
}

/** Runs each of the calls by itself. */
export function runReads(operations: Operations, calls: readonly Call[]): Answer[] {
  return calls.map((call) => {
    try {
      return [true, run(operations, call)];
    } catch (error) {
      return failure(error);
    }
  });
}

/** Runs calls that write: all of a group share one transaction, and so one wait for the disk. */
export class GroupCommit {
  constructor(
    private readonly connection: Connection,
    private readonly operations: Operations,
    private readonly collected: readonly Collected[],
  ) {}

  /**
   * Answers every call. Those answered with a result are on the disk; of those answered with a fault nothing is kept.
   * One call's fault is not the others': when the group fails for a reason that need not be everyone's, each call has
   * another try by itself.
   */
  run(calls: readonly Call[]): Answer[] {
    if (calls.length === 0) return [];
    try {
      return this.#commit(calls);
    } catch (error) {
      if (calls.length === 1 || isSharedFault(error)) return calls.map(() => failure(error));
      return calls.flatMap((call) => this.run([call]));
    }
  }

  #commit(calls: readonly Call[]): Answer[] {
    this.connection.exec('BEGIN IMMEDIATE');
    try {
      const answers = calls.map((call): Answer => [true, run(this.operations, call)]);
      for (const one of this.collected) one.flush();
      this.connection.exec('COMMIT');
      return answers;
    } catch (error) {
      for (const one of this.collected) one.discard();
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.connection.exec('ROLLBACK');
    } catch (error) {
      // After a full disk and the like SQLite has rolled back by itself, and says that there is no transaction.
      if (sqliteCode(error) !== SQLITE.ERROR) throw error;
    }
  }
}
