import type { MessagePort } from 'node:worker_threads';
import { ExpiredRuns } from './expired-runs';
import { GroupCommit, runReads } from './group-commit';
import { PendingCounters } from './pending-counters';
import { PositionMark } from './position-mark';
import { openDatabase } from './sqlite-database';
import type { Database, DatabaseOptions } from './sqlite-database';
import { faultText } from './sqlite-faults';
import { createReads, createWrites } from './sqlite-operations';
import type { Answer, Batch, Call, Reply } from './sqlite-protocol';

/**
 * Opens a database and does what batches on `port` ask, one batch at a time, until one asks to close it. Says first
 * whether it could be opened. Closes the port at the end, whichever it was.
 */
export function serveDatabase(port: MessagePort, options: DatabaseOptions): void {
  const send = (reply: Reply) => port.postMessage(reply);
  try {
    serve(openDatabase(options), port, send);
    send(['ready']);
  } catch (error) {
    send(['refused', faultText(error)]);
    port.close();
  }
}

function serve(database: Database, port: MessagePort, send: (reply: Reply) => void): void {
  const { connection, reserve, watch } = database;
  const counters = new PendingCounters(connection);
  const runs = new ExpiredRuns();
  const reads = createReads(connection, runs);
  const mark = new PositionMark(connection);
  const group = new GroupCommit(connection, createWrites(connection, { counters, mark, runs }), [
    counters,
    mark,
  ]);
  let told: string | null = null;

  /** Nothing is written to files that are gone: it would be answered as stored. */
  const write = (calls: readonly Call[]): readonly Answer[] => {
    const fault = calls.length === 0 ? told : watch.check();
    if (fault !== told) send(['files', fault]);
    told = fault;
    if (fault !== null) return calls.map(() => [false, fault, null]);
    return reserve.guard(calls, (admitted) => group.run(admitted));
  };

  port.on('message', (batch: Batch) => {
    if (batch === null) {
      database.close();
      port.close();
      return;
    }
    const [readCalls, writeCalls] = batch;
    // First, because a read must neither wait for the disk nor see what a failing commit takes back.
    if (readCalls.length > 0) send(['reads', runReads(reads, readCalls)]);
    send(['writes', write(writeCalls)]);
  });
}
