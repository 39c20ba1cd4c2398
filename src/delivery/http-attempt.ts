import type { Clock, Timer } from '../clock';
import type { AnswerHead } from './answer-head';
import type { AnswerHandler, Connection } from './connection';
import type { ConnectionPool, ConnectionUser } from './connection-pool';
import type { HttpRequest } from './http-request';

/** What an attempt came to: an answer's head, why there is no more of it, or both. */
export interface AttemptEnd {
  /** Null when there is no answer. */
  readonly head: AnswerHead | null;
  /** Null when the answer was read to its end, or as far as answers are read. */
  readonly failure: Error | null;
}

/** The attempt's deadline passed. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'ETIMEDOUT';
}

/** The deadline passed, and others had the connections to the origin for more than half of the time. */
export class NoConnectionError extends Error {
  override readonly name = 'NoConnectionError';
}

/** One request and its answer. At its end the connection is back in the pool, or destroyed. */
export class HttpAttempt implements ConnectionUser, AnswerHandler {
  /** Resolves at its end. Never rejects. */
  readonly ended: Promise<AttemptEnd>;
  isDone = false;
  #timer: Timer | null = null;
  /** By the monotonic clock; null without a connection. */
  #connectedAt: number | null = null;
  #connection: Connection | null = null;
  #hasRetried = false;
  #resolve: (end: AttemptEnd) => void = () => undefined;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly request: HttpRequest,
    private readonly clock: Clock,
    /** For all of it, in milliseconds. */
    private readonly timeoutMs: number,
  ) {
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Makes the attempt; to be called once. */
  start(): void {
    this.#timer = this.clock.setTimer(() => this.#abort(this.#lateness()), this.timeoutMs);
    this.pool.acquire(this.request.target.origin, this);
  }

  onConnection(connection: Connection): void {
    this.#connection = connection;
    this.#connectedAt ??= this.clock.monotonicMs();
    connection.send(this.request, this);
  }

  onAnswer(head: AnswerHead, isTooLong: boolean): void {
    this.request.target.answers.add(isTooLong);
    if (this.#connection) this.pool.release(this.#connection);
    this.#finish({ head, failure: null });
  }

  onFailure(error: Error): void {
    const connection = this.#connection;
    if (connection?.mayBeStale && !this.#hasRetried && this.request.isSentOnce !== true) {
      this.#hasRetried = true;
      this.onConnection(this.pool.replace(connection));
      return;
    }
    this.#abort(error);
  }

  /** Whose fault it is that the deadline passed. */
  #lateness(): Error {
    const askedForMs = this.clock.monotonicMs() - (this.#connectedAt ?? Infinity);
    return askedForMs * 2 < this.timeoutMs
      ? new NoConnectionError('no connection to the origin was free in time')
      : new DeadlineError('the deadline passed');
  }

  #abort(failure: Error): void {
    if (this.#connection) this.pool.discard(this.#connection);
    this.#finish({ head: this.#connection?.answerHead ?? null, failure });
  }

  #finish(end: AttemptEnd): void {
    this.isDone = true;
    this.#timer?.cancel();
    this.#resolve(end);
  }
}
