import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Timer } from '../clock';
import type { Connection } from './connection';
import type { ConnectionPool, ConnectionUser } from './connection-pool';

/** A POST to be made. A class, since axios copies plain objects that pass through it. */
export class HttpRequest {
  constructor(
    readonly url: URL,
    /** Names and values in turn. */
    readonly headers: string[],
    readonly body: Buffer,
  ) {}
}

/** The head of an answer, and how its body ended. */
export interface HttpAnswer {
  readonly status: number;
  /** As sent. */
  readonly retryAfter: string | undefined;
  /** Why the body did not come to its end; null when it did, or was cut off because it is too long. */
  readonly failure: Error | null;
}

/** The attempt's deadline passed. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'ETIMEDOUT';
}

interface AttemptDeps {
  readonly pool: ConnectionPool;
  readonly request: HttpRequest;
  /** Bytes of an answer's body to read at most. */
  readonly maxBodyBytes: number;
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

/**
 * One request and its answer, whose body is read and dropped. Resolves once there was a status, whatever became of the
 * body; rejects when there was none. Either way the connection is back in the pool, or destroyed.
 */
export class HttpAttempt implements ConnectionUser, Dispatcher.DispatchHandler {
  isDone = false;
  #timer: Timer | null = null;
  #connection: Connection | null = null;
  #hasRetried = false;
  #status = 0;
  #retryAfter: string | undefined;
  #bodyBytes = 0;

  constructor(private readonly deps: AttemptDeps) {}

  /** @param deadline fires when the time is over */
  start(setDeadline: (callback: () => void) => Timer): void {
    this.#timer = setDeadline(() => this.#abort(new DeadlineError('the deadline of the attempt passed')));
    this.deps.pool.acquire(this.deps.request.url.origin, this);
  }

  onConnection(connection: Connection): void {
    if (this.isDone) {
      this.deps.pool.release(connection);
      return;
    }
    this.#connection = connection;
    const { url, headers, body } = this.deps.request;
    connection.send({ path: url.pathname + url.search, method: 'POST', headers, body }, this);
  }

  onRequestStart(): void {
    // Nothing to do: an attempt is ended by destroying its connection, also before the request is sent.
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#connection?.headArrived();
    this.#status = status;
    const retryAfter: unknown = headers['retry-after'];
    this.#retryAfter = Array.isArray(retryAfter) ? String(retryAfter[0]) : headers['retry-after'];
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.deps.maxBodyBytes) this.#abort(null);
  }

  onResponseEnd(): void {
    if (!this.#finish()) return;
    if (this.#connection) {
      this.#connection.completed();
      this.deps.pool.release(this.#connection);
    }
    this.#resolve(null);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.isDone) return;
    const connection = this.#connection;
    if (connection?.mayBeStale && !this.#hasRetried) {
      this.#hasRetried = true;
      this.onConnection(this.deps.pool.replace(connection));
      return;
    }
    this.#abort(error);
  }

  /** Ends the attempt before the end of the answer; `failure` is null when enough of it was read. */
  #abort(failure: Error | null): void {
    if (!this.#finish()) return;
    if (this.#connection) this.deps.pool.discard(this.#connection);
    if (failure && this.#status === 0) this.deps.reject(failure);
    else this.#resolve(failure);
  }

  #resolve(failure: Error | null): void {
    this.deps.resolve({ status: this.#status, retryAfter: this.#retryAfter, failure });
  }

  #finish(): boolean {
    if (this.isDone) return false;
    this.isDone = true;
    this.#timer?.cancel();
    return true;
  }
}
