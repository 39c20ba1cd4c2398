import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const DIST = join(__dirname, '../../dist');

/** Opens the store, says "open", then lets eight writers put without end; prints each message id once its put resolved. */
const PROGRAM = `
  const [dist, dataDir] = process.argv.slice(1);
  const { openSqliteStores } = require(dist + '/store/sqlite/open-sqlite-stores.js');
  const { newMessageId } = require(dist + '/message-id.js');
  const { formatTimestamp } = require(dist + '/timestamp.js');
  let micros = Date.now() * 1000;
  async function write({ messages }) {
    for (;;) {
      micros += 1;
      const id = newMessageId(micros);
      const message = { id, topic: 'orders', timestamp: formatTimestamp(micros), data: '"' + 'x'.repeat(300) + '"' };
      await messages.put(message, [{ subscriber: 'http://alice.example/hook', expiresAt: Date.now() + 1e9 }]);
      process.stdout.write(id + '\\n');
    }
  }
  openSqliteStores({ dataDir }).then((stores) => {
    process.stdout.write('open\\n');
    for (let n = 0; n < 8; n += 1) write(stores);
  });
`;

/** What a writer printed, and how its process ended. */
export interface WriterEnd {
  readonly acknowledged: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs a process that writes to the store in `dataDir` without end.
 *
 * @param whileOpen called once it has opened the store; the process is killed when this resolves
 * @param killAfter how many messages it acknowledges, at least, before it is killed
 */
export async function runWriterUntilKilled(
  dataDir: string,
  killAfter: number,
  whileOpen: () => Promise<void> = () => Promise.resolve(),
): Promise<WriterEnd> {
  const child = spawn(process.execPath, ['-e', PROGRAM, DIST, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'open') await whileOpen();
    else if (line.length === 36) acknowledged.push(line);
    if (acknowledged.length === killAfter) child.kill('SIGKILL');
  }
  await closed;
  return { acknowledged, signal: child.signalCode };
}
