import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import type { Express, Request, Response } from 'express';
import { type ErrorCode, StartupError } from '../errors';
import { Connection, type WaitingRequests } from './connection';
import { messageClassesOf } from './message-classes';
import {
  answerConnect,
  answerMalformed,
  hasFaultyHost,
  NOT_VALID,
  type Refusal,
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
/**
 * How long a client may take nothing of an answer that is there, up to twice over, since what is in the connection's
 * buffers counts as taken.
 */
const UNREAD_MS = 30_000;

const STOPPING: Refusal = { message: 'The server is shutting down', code: 'shutting_down' };
/** Whoever watches the server is still told how it is. */
const HEALTH = /^\/(healthz|readyz)(\?|$)/;

const TIMEOUTS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECKING_INTERVAL_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
};

export interface HttpServerDeps {
  readonly app: Express;
  readonly host: string;
  /** 0 lets the system choose one. */
  readonly port: number;
  /** Connections open at once; more are refused. */
  readonly maxConnections: number;
  /** Is told of every error that is answered without the application. */
  readonly onRefused: (code: ErrorCode) => void;
  /** Instead of 30 s: how long a client may take nothing of an answer, in milliseconds. */
  readonly unreadMs?: number;
}

/** The listening socket, from bound to the last answer written. */
export class HttpServer {
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #waiting: WaitingRequests = { count: 0 };
  #isStopping = false;

  constructor(private readonly deps: HttpServerDeps) {
    const { app, maxConnections, onRefused, unreadMs = UNREAD_MS } = deps;
    // A request without Host is answered here, in the form of all other errors.
    const options = { requireHostHeader: false, ...TIMEOUTS, ...messageClassesOf(app) };
    const passedOn = (res: ServerResponse) => (error: unknown) => this.#passedOn(res, error);
    this.#server = createServer(options, (req, res) =>
      this.#inTurn(req, res, () => app(req as Request, res as Response, passedOn(res))),
    );
    this.#server.on('checkExpectation', (req: IncomingMessage, res: ServerResponse) =>
      this.#inTurn(req, res, () => this.#refuse(res, 417, UNMET_EXPECTATION)),
    );
    this.#server.on('connect', (_req, socket) => onRefused(answerConnect(socket)));
    this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (socket) => this.#opened(socket));
    this.#server.on('clientError', (error, socket: Socket) => {
      const code = answerMalformed(error, socket);
      if (code) onRefused(code);
    });
    this.#server.setTimeout(unreadMs, (socket) => this.#standsStill(socket));
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
    const { host, port } = this.deps;
    try {
      const listening = once(this.#server, 'listening');
      this.#server.listen(port, host);
      await listening;
    } catch (cause) {
      throw new StartupError(listenFault(cause, host, port), { cause });
    }
  }

  /** Refuses new connections and waits for the requests under way; once `deadline` aborts, cuts them. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections.values()) connection.close();
    const cut = () => this.#server.closeAllConnections();
    deadline.addEventListener('abort', cut);
    if (deadline.aborted) cut();
    await closed;
    deadline.removeEventListener('abort', cut);
  }

  #opened(socket: Socket): void {
    const connection = new Connection(socket, this.#waiting, () => {
      if (this.#isStopping) connection.close();
    });
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
  }

  /** Carries out a request, unless it is to be refused, once those before it on its connection are answered. */
  #inTurn(req: IncomingMessage, res: ServerResponse, carryOut: () => void): void {
    const connection = this.#connections.get(req.socket);
    connection?.add(res, () => {
      if (this.#isStopping) connection.close();
      if (hasFaultyHost(req)) this.#refuse(res, 400, NOT_VALID);
      else if (this.#isStopping && !HEALTH.test(req.url ?? '')) this.#refuse(res, 503, STOPPING);
      else carryOut();
    });
  }

  #refuse(res: ServerResponse, status: number, answer: Refusal): void {
    refuse(res, status, answer);
    this.deps.onRefused(answer.code);
  }

  /** The application passes on what has no path that it could look for. It answers all else, faults of its own too. */
  #passedOn(res: ServerResponse, error: unknown): void {
    if (error === undefined) this.#refuse(res, 400, NOT_VALID);
    else res.destroy();
  }

  /** Nothing has moved on a connection for long. Whoever waits for an answer may do so; one that is not read is given up. */
  #standsStill(socket: Socket): void {
    if (socket.writableLength > 0 || this.#connections.get(socket)?.isIdle) socket.destroy();
  }
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
