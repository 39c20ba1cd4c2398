/*
 * The thread that holds the file, so that the main thread never waits for the disk. It takes one batch at a time.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { GroupCommit, runReads } from './group-commit';
import { PendingCounters } from './pending-counters';
import { openDatabase } from './sqlite-database';
import type { Database, DatabaseOptions } from './sqlite-database';
import { faultText } from './sqlite-faults';
import { createReads, createWrites } from './sqlite-operations';
import type { Batch, Reply } from './sqlite-protocol';

function send(reply: Reply): void {
  parentPort?.postMessage(reply);
}

function serve(database: Database): void {
  const { connection } = database;
  const counters = new PendingCounters(connection);
  const reads = createReads(connection);
  const group = new GroupCommit(connection, createWrites(connection, counters), counters);

  parentPort?.on('message', (batch: Batch) => {
    if (batch === null) {
      database.close();
      parentPort?.close();
      return;
    }
    const [readCalls, writeCalls] = batch;
    // First, because a read must neither wait for the disk nor see what a failing commit takes back.
    if (readCalls.length > 0) send(['reads', runReads(reads, readCalls)]);
    send(['writes', group.run(writeCalls)]);
  });
  send(['ready']);
}

try {
  serve(openDatabase(workerData as DatabaseOptions));
} catch (error) {
  send(['refused', faultText(error)]);
}
