import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { answerCommands } from '../answer-commands';

export interface TailCommands {
  /** Opens so many readers of `GET /tail` at a server; resolves once each has its answer's head. */
  open(options: { readonly origin: string; readonly tails: number }): Promise<void>;
  /** Bytes read since the start, over all readers, and how many readers are still connected. */
  read(options: null): { readonly bytes: number; readonly connected: number };
}

const sockets = new Set<Socket>();
let bytes = 0;

/** Reads and drops: what a reader does with events is not the server's cost, and must not slow the machine down. */
async function openOne(origin: string): Promise<void> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`GET /tail HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`No tail: ${head.toString()}`);
  sockets.add(socket);
  socket.on('data', (chunk) => (bytes += chunk.length));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
}

answerCommands<TailCommands>({
  open: async ({ origin, tails }) => {
    for (let opened = 0; opened < tails; opened++) await openOne(origin);
  },
  read: () => ({ bytes, connected: sockets.size }),
});
