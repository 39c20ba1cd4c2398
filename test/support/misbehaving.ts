import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

const TLS_DIR = join(__dirname, 'tls');

/** A key and a certificate for `localhost`, not `127.0.0.1`, that nobody has signed; valid for a hundred years. */
export const SELF_SIGNED = {
  key: readFileSync(join(TLS_DIR, 'self-signed-key.pem'), 'utf8'),
  cert: readFileSync(join(TLS_DIR, 'self-signed-cert.pem'), 'utf8'),
};

const POUR_BYTES = 256 * 1024;
const POUR_EVERY_MS = 10;

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** What an endpoint does with a connection once the first bytes of a request have come. */
type Behaviour = (socket: Socket) => void;

/** Endpoints that do what no endpoint should. Each is a way to answer on a raw socket. */
export const MISBEHAVIOURS = {
  /** Cuts the connection with a TCP reset. */
  resets: (socket) => socket.resetAndDestroy(),
  /** Closes the connection properly, without an answer. */
  closes: (socket) => socket.end(),
  hangsBeforeHeaders: () => undefined,
  hangsInHeaders: (socket) => socket.write('HTTP/1.1 200 OK\r\nX-Slow: '),
  hangsInBody: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
  closesInBody: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
  /** One byte a second, for ever. */
  trickles: (socket) => {
    socket.write(CHUNKED);
    const timer = setInterval(() => socket.write('1\r\na\r\n'), 1000);
    socket.once('close', () => clearInterval(timer));
  },
  endlessBody: (socket) => floods(socket, CHUNKED, `4000\r\n${'a'.repeat(0x4000)}\r\n`),
  endlessHeaders: (socket) => floods(socket, 'HTTP/1.1 200 OK\r\n', `X-Header: ${'a'.repeat(1000)}\r\n`),
  hugeHeaders: (socket) => socket.end(`HTTP/1.1 200 OK\r\nX-Huge: ${'a'.repeat(64 * 1024)}\r\n\r\n`),
  hugeTrailers: (socket) => socket.write(`${CHUNKED}0\r\nX-Huge: ${'a'.repeat(64 * 1024)}\r\n\r\n`),
  speaksNoHttp: (socket) => socket.end('220 mail.example.com ESMTP ready\r\n'),
  answersStatusZero: (socket) => socket.write('HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n'),
  /** Sends informational answers before the final one. */
  informsFirst: (socket) =>
    socket.write(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    ),
  /** Sends informational answers for ever, and never the final one. */
  informsForever: (socket) => floods(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)),
  answersTwice: (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'),
  /** Does not wait for the rest of the request. */
  answersAtOnce: (socket) => socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n'),
  switchesProtocols: (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n'),
} satisfies Record<string, Behaviour>;

export type Misbehaviour = keyof typeof MISBEHAVIOURS;

/** An endpoint on 127.0.0.1 made of a raw socket. */
export interface RawReceiver {
  readonly port: number;
  readonly url: string;
  /** How many connections are open now. */
  readonly openConnections: number;
  /** Destroys all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts an endpoint that treats every request in this way, over plain TCP. */
export function startMisbehaving(misbehaviour: Misbehaviour): Promise<RawReceiver> {
  return startBehaving(MISBEHAVIOURS[misbehaviour]);
}

/** Starts an endpoint that sends these bytes in answer to every request and ends the connection, over plain TCP. */
export function startSending(answer: string): Promise<RawReceiver> {
  return startBehaving((socket) => socket.end(answer, 'latin1'));
}

function startBehaving(behaviour: Behaviour): Promise<RawReceiver> {
  const server = createServer((socket) => socket.once('data', () => behaviour(socket)));
  return listen(server, 'http');
}

/** Starts an endpoint whose `https:` URL leads to a server that does not speak TLS. */
export function startPlainTextOnHttps(): Promise<RawReceiver> {
  return listen(
    createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    'https',
  );
}

/**
 * Starts an `https:` endpoint with the certificate of `SELF_SIGNED`, which answers 200 to whoever trusts it.
 *
 * @param answersPerConnection a connection is closed at the next request, as a server does whose patience is over
 */
export function startSelfSigned({ answersPerConnection = Infinity } = {}): Promise<RawReceiver> {
  const server = createTlsServer(SELF_SIGNED, (socket) => {
    let answers = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (!/(POST|OPTIONS) /.test(chunk.toString('latin1'))) return;
      if (++answers > answersPerConnection) socket.end();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  return listen(server, 'https');
}

/** A URL on a port of 127.0.0.1 where nobody listens. */
export async function refusingUrl(): Promise<string> {
  const receiver = await listen(createServer(), 'http');
  await receiver.close();
  return receiver.url;
}

/**
 * Sends parts for ever, about 25 MB/s of them: more than anybody reads, and less than would keep a processor busy that the
 * tested server runs on, too.
 */
function floods(socket: Socket, head: string, part: string): void {
  socket.write(head);
  const pour = () => {
    for (let sent = 0; sent < POUR_BYTES && !socket.destroyed && socket.write(part); sent += part.length);
  };
  const timer = setInterval(pour, POUR_EVERY_MS);
  socket.once('close', () => clearInterval(timer));
  pour();
}

async function listen(server: Server, scheme: 'http' | 'https'): Promise<RawReceiver> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // The other side hangs up in the middle: that is what these endpoints are for.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}/hook`,
    get openConnections() {
      return sockets.size;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
