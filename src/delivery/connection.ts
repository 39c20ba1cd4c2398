import type { Socket } from 'node:net';
import { atEndOfTurn } from '../end-of-turn';
import { AnswerError } from './answer-error';
import type { AnswerHead } from './answer-head';
import { AnswerReader, type AnswerLimits } from './answer-reader';
import { type HttpRequest, writeRequest } from './http-request';
import { openSocket } from './open-socket';
import type { TargetGuard } from './target-guard';

export interface ConnectionOptions extends AnswerLimits {
  /** A connection that is not used for this long is closed; a server that announces less is believed. */
  readonly idleTimeoutMs: number;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** Decides which addresses may be connected to; all when there is none. */
  readonly guard?: TargetGuard | undefined;
}

/** Whoever waits for the answer to a request. One of `onAnswer` and `onFailure` is called, once. */
export interface AnswerHandler {
  /** Gets each part of the body that is read, valid only during the call. Without it, the body is dropped. */
  readonly onBody?: (bytes: Buffer) => void;
  /**
   * The answer was read to its end, or as far as answers are read.
   *
   * @param isTooLong whether there was more of it
   */
  onAnswer(head: AnswerHead, isTooLong: boolean): void;
  /** There is no more of the answer than the connection's `answerHead`, and maybe not even that. */
  onFailure(error: Error): void;
}

interface ConnectionEvents {
  /** The other side, or its time without use, ended the connection while no request was under way. */
  onDisconnect(connection: Connection): void;
  /** The connection was destroyed and holds no socket any more. */
  onClosed(connection: Connection): void;
}

/** An announced time is believed only so far: the request has to arrive before it is over. */
const KEEP_ALIVE_MARGIN_MS = 2000;

/** One kept-alive HTTP/1.1 connection, for one request at a time; opened when the first is sent. */
export class Connection {
  #socket: Socket | null = null;
  #reader: AnswerReader | null = null;
  #handler: AnswerHandler | null = null;
  #idleTimeoutMs: number;
  #isSent = false;
  #isReused = false;
  #isUsable = true;
  #isDestroyed = false;

  constructor(
    readonly origin: string,
    private readonly options: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.#idleTimeoutMs = options.idleTimeoutMs;
  }

  /** False when another request cannot be sent. */
  get isOpen(): boolean {
    return this.#isUsable && this.#socket?.destroyed !== true;
  }

  /** Of the latest request; null while it has not come. */
  get answerHead(): AnswerHead | null {
    return this.#reader?.head ?? null;
  }

  /** The IP address at the other end; undefined while there is no connection. */
  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress;
  }

  /**
   * Whether the latest request went out on a socket that had served another, and no byte of an answer came. When it
   * failed, the likely reason is that the other side had closed the idle connection.
   */
  get mayBeStale(): boolean {
    return this.#isReused && this.#reader?.hasBegun !== true;
  }

  /** Sends a request; what becomes of it goes to `handler`. The one before must be over, and the connection open. */
  send(request: HttpRequest, handler: AnswerHandler): void {
    this.#handler = handler;
    const { maxHeaderBytes, maxBodyBytes } = this.options;
    const allowance = request.target.answers.allowance(maxBodyBytes);
    this.#reader = new AnswerReader({ maxHeaderBytes, maxBodyBytes: allowance }, handler.onBody);
    this.#isSent = false;
    const socket = this.#socket;
    if (socket) this.#sendSoon(socket, request);
    // After what goes out on connections that are open: this takes longer anyway.
    else atEndOfTurn(() => this.#handler && this.#open(request));
  }

  /**
   * Destroys the socket, also one that is still being opened; the handler of a request under way is told nothing any
   * more. Can be called twice.
   */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#isUsable = false;
    this.#handler = null;
    const socket = this.#socket?.destroy();
    if (socket && !socket.closed) socket.once('close', () => this.events.onClosed(this));
    else this.events.onClosed(this);
  }

  #open(request: HttpRequest): void {
    const { isTls, hostname, port } = request.target;
    const { ca, guard } = this.options;
    const onBytes = (bytes: Buffer) => this.#received(bytes);
    this.#socket = openSocket({ isTls, hostname, port, ca, guard, onBytes }, (error, socket) => {
      if (!socket) {
        this.#ended(error ?? new Error('no socket'));
        return;
      }
      socket.on('end', () => this.#endedByOtherSide());
      socket.on('error', (it) => this.#ended(it));
      socket.on('close', () => this.#endedByOtherSide());
      // A request under way has a deadline of its own.
      socket.on('timeout', () => !this.#handler && this.#ended(null));
      socket.setTimeout(this.#idleTimeoutMs);
      this.#write(socket, request);
      request.onSent?.();
    });
  }

  /** Together with those of other connections. They are written in the order of these calls, so it counts as sent. */
  #sendSoon(socket: Socket, request: HttpRequest): void {
    atEndOfTurn(() => {
      if (this.#handler && !socket.destroyed) this.#write(socket, request);
    });
    request.onSent?.();
  }

  #write(socket: Socket, request: HttpRequest): void {
    this.#isSent = true;
    writeRequest(socket, request);
  }

  #received(bytes: Buffer): void {
    const reader = this.#reader;
    if (!this.#handler || !reader) {
      this.#ended(null);
      return;
    }
    try {
      if (!this.#isSent) throw new AnswerError('ANSWER_MALFORMED', 'An answer came before its request');
      if (reader.read(bytes)) this.#completed(reader);
    } catch (error) {
      this.#ended(error as Error);
    }
  }

  #completed(reader: AnswerReader): void {
    const { head, isExact, isTooLong } = reader;
    const handler = this.#handler;
    if (!head || !handler) return;
    this.#handler = null;
    this.#isReused = true;
    // A request that was answered before all of it was sent is not followed by another.
    this.#isUsable &&= head.keepsAlive && isExact && this.#socket?.writableLength === 0;
    this.#believe(head.keepAliveSeconds);
    handler.onAnswer(head, isTooLong);
  }

  #believe(keepAliveSeconds: number | null): void {
    if (keepAliveSeconds === null) return;
    const idleTimeoutMs = Math.min(
      keepAliveSeconds * 1000 - KEEP_ALIVE_MARGIN_MS,
      this.options.idleTimeoutMs,
    );
    if (idleTimeoutMs === this.#idleTimeoutMs) return;
    this.#idleTimeoutMs = idleTimeoutMs;
    if (idleTimeoutMs > 0) this.#socket?.setTimeout(idleTimeoutMs);
    else this.#isUsable = false;
  }

  #endedByOtherSide(): void {
    if (!this.#handler) this.#ended(null);
    else if (this.#reader?.end()) this.#completed(this.#reader);
    else this.#ended(new AnswerError('ANSWER_CUT_OFF', 'The connection ended before the answer did'));
  }

  /** @param error why; null when nobody waits for an answer */
  #ended(error: Error | null): void {
    this.#isUsable = false;
    const handler = this.#handler;
    this.#handler = null;
    if (handler && error) handler.onFailure(error);
    else this.events.onDisconnect(this);
  }
}
