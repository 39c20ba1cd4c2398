import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { answerCommands } from '../answer-commands';
import { type Latencies, latenciesOf, sharedMicros } from '../statistics';
import { ArrivalOrder, type OrderReport } from './arrival-order';
import { RequestReader } from './request-reader';

export interface ReceiverCommands {
  /** Listens on so many ports of 127.0.0.1, each an origin of its own, and says which. */
  listen(options: { readonly ports: number }): Promise<number[]>;
  /** Requests answered since the start. */
  count(options: null): number;
  /** From now on notes how long after its `due` time each message came. */
  watchLatency(options: null): void;
  /** Since `watchLatency`, which it ends. */
  latencies(options: null): Latencies;
  /** From now on notes in which order messages come. */
  watchOrder(options: null): void;
  /** Since `watchOrder`, which it ends. */
  order(options: null): OrderReport;
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';
const DUE = Buffer.from('"due":');

let count = 0;
let latencies: number[] | null = null;
let order: ArrivalOrder | null = null;

function received(body: Buffer): void {
  count++;
  order?.add(body);
  const at = latencies ? body.indexOf(DUE) : -1;
  if (at >= 0) latencies?.push(sharedMicros() - parseInt(body.toString('latin1', at + DUE.length), 10));
}

/**
 * Reads just enough HTTP to count requests. A whole HTTP server here would cost as much as the server that is measured,
 * and the figures would be the receivers'.
 */
function serve(socket: Socket): void {
  const reader = new RequestReader(received);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const complete = reader.read(chunk, latencies !== null || order !== null);
    if (complete > 0) socket.write(ANSWER.repeat(complete));
  });
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(serve);
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => resolve(server));
  });
}

answerCommands<ReceiverCommands>({
  listen: async ({ ports }) => {
    const servers = await Promise.all(Array.from({ length: ports }, listen));
    return servers.map((server) => (server.address() as AddressInfo).port);
  },
  count: () => count,
  watchLatency: () => {
    latencies = [];
  },
  latencies: () => {
    const noted = latenciesOf(latencies ?? []);
    latencies = null;
    return noted;
  },
  watchOrder: () => {
    order = new ArrivalOrder();
  },
  order: () => {
    const noted = (order ?? new ArrivalOrder()).report();
    order = null;
    return noted;
  },
});
