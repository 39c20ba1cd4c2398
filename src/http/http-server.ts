import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import type { Express } from 'express';
import { StartupError } from '../errors';
import { messageClassesOf } from './message-classes';
import {
  answerConnect,
  answerMalformed,
  hasFaultyHost,
  NOT_VALID,
  refuse,
  UNMET_EXPECTATION,
} from './refusal';

/** How long a client may take to send the headers … */
const HEADERS_TIMEOUT_MS = 10_000;
/** … and the whole request; the answer may take longer. */
const REQUEST_TIMEOUT_MS = 60_000;
/** How often those are looked for that take longer. */
const CHECKING_INTERVAL_MS = 2000;
/** Longer than the 60 s of usual load balancers, so that it is they who close idle connections. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

const STOPPING = { message: 'The server is shutting down', code: 'shutting_down' };
/** Whoever watches the server is still told how it is. */
const HEALTH = /^\/(healthz|readyz)(\?|$)/;

const TIMEOUTS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECKING_INTERVAL_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
};

/** The listening socket, from bound to the last answer written. */
export class HttpServer {
  readonly #server: Server;
  readonly #underway = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #isStopping = false;

  constructor(
    app: Express,
    private readonly host: string,
    private readonly port: number,
    maxConnections: number,
  ) {
    // A request without Host is answered here, in the form of all other errors.
    const options = { requireHostHeader: false, ...TIMEOUTS, ...messageClassesOf(app) };
    this.#server = createServer(options, (req, res) => {
      if (this.#begin(req, res)) app(req, res);
    });
    this.#server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) => {
      if (this.#begin(req, res)) refuse(res, 417, UNMET_EXPECTATION);
    });
    this.#server.on('connect', answerConnect);
    this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#forget(socket));
    });
    this.#server.on('clientError', answerMalformed);
  }

  /** Where it listens; valid once started. With port 0 the system chose it. */
  get address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server is not listening');
    return address;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** @throws StartupError when the address cannot be bound */
  async start(): Promise<void> {
    try {
      const listening = once(this.#server, 'listening');
      this.#server.listen(this.port, this.host);
      await listening;
    } catch (cause) {
      throw new StartupError(listenFault(cause, this.host, this.port), { cause });
    }
  }

  /** Refuses new connections and waits for the requests under way; once `deadline` aborts, cuts them. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#closeUnused();
    for (const res of this.#underway) closeAfterwards(res);
    const cut = () => this.#server.closeAllConnections();
    deadline.addEventListener('abort', cut);
    if (deadline.aborted) cut();
    await closed;
    deadline.removeEventListener('abort', cut);
  }

  /** Whether the request is to be answered by others. */
  #begin(req: IncomingMessage, res: ServerResponse): boolean {
    this.#underway.add(res);
    res.once('close', () => this.#ended(res));
    if (this.#isStopping) closeAfterwards(res);
    if (hasFaultyHost(req)) refuse(res, 400, NOT_VALID);
    else if (this.#isStopping && !HEALTH.test(req.url ?? '')) refuse(res, 503, STOPPING);
    else return true;
    return false;
  }

  #ended(res: ServerResponse): void {
    this.#underway.delete(res);
    if (this.#isStopping) this.#closeUnused();
  }

  /** A response that waits behind another one on its connection does not say that it was closed. */
  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    for (const res of this.#underway) if (res.req.socket === socket) this.#underway.delete(res);
  }

  /** Closes connections on which no request is under way, also those on which there never was one. */
  #closeUnused(): void {
    const inUse = new Set([...this.#underway].map(({ req }) => req.socket));
    for (const socket of this.#sockets) if (!inUse.has(socket)) socket.destroy();
  }
}

/** A kept-alive connection would otherwise hold up the stop until it falls idle. */
function closeAfterwards(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close');
}

/** Why an address cannot be listened on, with the remedy. */
export function listenFault(cause: unknown, host: string, port: number): string {
  const { code } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is already in use; stop the other program or set PORT to a free one`;
    case 'EACCES':
      return `Port ${port} may not be used by this user; set PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine; set HOST to one that is, for example 127.0.0.1`;
    default:
      return `The server cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
