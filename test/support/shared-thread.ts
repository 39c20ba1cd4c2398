import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { DatabaseOptions } from '../../src/store/sqlite/sqlite-database';

/*
 * To start a thread takes twice as long as to open a database, and hundreds of tests open one. So the databases of a
 * test file are served on one thread, each on a port of its own; the thread ends with the file.
 */

const SERVE = join(__dirname, '../../dist/store/sqlite/serve-database.js');
/** Where SQLite is not the built-in one, a connection is closed for good once its statements are collected as garbage. */
const HOST = `
  const { serveDatabase } = require(${JSON.stringify(SERVE)});
  require('node:v8').setFlagsFromString('--expose-gc');
  const collectGarbage = require('node:vm').runInNewContext('gc');
  require('node:worker_threads').parentPort.on('message', ({ port, options }) => {
    port.close = () => {
      port.removeAllListeners('message');
      setImmediate(() => {
        collectGarbage();
        setImmediate(() => Object.getPrototypeOf(port).close.call(port));
      });
    };
    serveDatabase(port, options);
  });
`;

let thread: Worker | null = null;
let open = 0;
let isEnding = false;

/** A port to the shared thread, in the shape of a thread. */
class PortThread extends EventEmitter {
  constructor(private readonly port: MessagePort) {
    super();
    port.on('message', (reply) => this.emit('message', reply));
    port.once('close', () => this.emit('exit', 0));
  }

  postMessage(value: unknown): void {
    this.port.postMessage(value);
  }
}

/** Has a database opened and served on this test file's thread. */
export function serveOnSharedThread(options: DatabaseOptions): PortThread {
  thread ??= new Worker(HOST, { eval: true });
  const { port1, port2 } = new MessageChannel();
  const served = new PortThread(port1);
  open += 1;
  served.once('exit', () => {
    open -= 1;
    endWhenIdle();
  });
  thread.postMessage({ port: port2, options }, [port2]);
  return served;
}

/** Ends the thread, once the last database on it is closed. */
export function endSharedThread(): void {
  isEnding = true;
  endWhenIdle();
}

function endWhenIdle(): void {
  if (!isEnding || open > 0) return;
  void thread?.terminate();
  thread = null;
}
