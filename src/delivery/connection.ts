import type { Socket } from 'node:net';
import { AnswerError } from './answer-error';
import type { AnswerHead } from './answer-head';
import { AnswerReader, type AnswerLimits } from './answer-reader';
import { openSocket } from './open-socket';
import type { PushTarget } from './push-target';
import type { TargetGuard } from './target-guard';

/** A larger body is not copied for the sake of one write. */
const MAX_COPIED_BYTES = 16 * 1024;

export interface ConnectionOptions extends AnswerLimits {
  /** A connection that is not used for this long is closed; a server that announces less is believed. */
  readonly idleTimeoutMs: number;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** Decides which addresses may be connected to; all when there is none. */
  readonly guard?: TargetGuard | undefined;
}

/** A POST to be made. */
export interface HttpRequest {
  readonly target: PushTarget;
  /** Lines, each with its end; those that follow from the target and the body are added. */
  readonly headers: string;
  readonly body: Buffer;
  /** Called when the request has been handed to an open connection. */
  readonly onSent?: (() => void) | undefined;
}

/** Whoever waits for the answer to a request. One of the two is called, once. */
export interface AnswerHandler {
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
    this.#reader = new AnswerReader({ maxHeaderBytes, maxBodyBytes: allowance });
    if (this.#socket) write(this.#socket, request);
    else this.#open(request);
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
      write(socket, request);
    });
  }

  #received(bytes: Buffer): void {
    const reader = this.#reader;
    if (!this.#handler || !reader) {
      this.#ended(null);
      return;
    }
    try {
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

/** One system call, and one packet where both fit. */
function write(socket: Socket, { target, headers, body, onSent }: HttpRequest): void {
  const head = `${target.requestStart}${headers}Content-Length: ${body.length}\r\n\r\n`;
  if (body.length <= MAX_COPIED_BYTES) socket.write(joined(head, body));
  else {
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }
  onSent?.();
}

/** One buffer costs a socket less than a text and a buffer do. */
function joined(head: string, body: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(head.length + body.length);
  whole.write(head, 0, 'latin1');
  body.copy(whole, head.length);
  return whole;
}
