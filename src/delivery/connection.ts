import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { openSocket } from './open-socket';
import { filterReads, withoutContinue } from './socket-reads';

export interface ConnectionOptions {
  /** A connection that is not used for this long is closed; a server that announces less is believed. */
  readonly idleTimeoutMs: number;
  /** A longer head of an answer is an error. */
  readonly maxHeaderBytes: number;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
}

interface ConnectionEvents {
  /** The other side, or its time without use, ended the connection. */
  onDisconnect(connection: Connection): void;
  /** The connection was destroyed and holds no socket any more. */
  onClosed(connection: Connection): void;
}

/** One kept-alive HTTP/1.1 connection, for one request at a time; opened when the first is sent. */
export class Connection {
  readonly #client: Client;
  #socket: Socket | null = null;
  #isHeadAwaited = false;
  #hasAnswerBegun = false;
  #isReused = false;
  #isDestroyed = false;

  constructor(
    readonly origin: string,
    { idleTimeoutMs, maxHeaderBytes, ca }: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.#client = new Client(origin, {
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
      // The attempt's own deadline covers these.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: ({ protocol, hostname, port }, callback) => {
        this.#isReused = false;
        this.#socket = openSocket({ protocol, hostname, port, ca }, (error, socket) => {
          if (socket) callback(null, socket);
          else callback(error ?? new Error('no socket'), null);
        });
        filterReads(this.#socket, (chunk) => this.#received(chunk));
      },
    });
    this.#client.on('disconnect', () => this.events.onDisconnect(this));
  }

  /** False when the next request would find the socket closed. */
  get isOpen(): boolean {
    return !this.#isDestroyed && this.#socket?.destroyed !== true;
  }

  /**
   * Whether the request under way went out on a socket that had served another, and no byte of an answer came. When it
   * fails now, the likely reason is that the other side had closed the idle connection.
   */
  get mayBeStale(): boolean {
    return this.#isReused && !this.#hasAnswerBegun;
  }

  /** Sends a request; what becomes of it goes to `handler`. The one before must have been completed. */
  send(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#isHeadAwaited = true;
    this.#hasAnswerBegun = false;
    this.#client.dispatch(request, handler);
  }

  /** To be called when the final head (not a 1xx) of the answer is there. */
  headArrived(): void {
    this.#isHeadAwaited = false;
  }

  /** To be called when the whole answer was read, before the next request. */
  completed(): void {
    this.#isReused = true;
  }

  /** Destroys the socket, also one that is still being opened. A request under way fails. Can be called twice. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#socket?.destroy();
    this.#client.destroy(null, () => {
      const socket = this.#socket;
      if (socket && !socket.closed) socket.once('close', () => this.events.onClosed(this));
      else this.events.onClosed(this);
    });
  }

  #received(chunk: Buffer): Buffer {
    this.#hasAnswerBegun = true;
    return this.#isHeadAwaited ? withoutContinue(chunk) : chunk;
  }
}
