/*
 * The thread that holds the file, so that the main thread never waits for the disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { serveDatabase } from './serve-database';
import type { DatabaseOptions } from './sqlite-database';

if (parentPort) serveDatabase(parentPort, workerData as DatabaseOptions);
