import { type AddressClass, classOfAddress } from '../address-class';
import type { AnswerHead } from './answer-head';
import { Connection } from './connection';
import type { HttpRequest } from './http-request';
import { parseTarget } from './push-target';
import type { TargetGuard } from './target-guard';

export interface ConsentRequest {
  readonly method: 'OPTIONS' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ConsentAnswer extends Pick<AnswerHead, 'status' | 'allowedOrigin' | 'allowedRate'> {
  /** At most as much as the transport reads. */
  readonly body: Buffer;
}

/** One subscriber's URL, as long as it is being asked. */
export interface ConsentSession {
  /** Of the address that was connected to; null while there was no connection. */
  readonly addressClass: AddressClass | null;
  /** Never follows a redirect. Rejects with the error of the network, or with `signal`'s reason once it aborts. */
  request(request: ConsentRequest, signal: AbortSignal): Promise<ConsentAnswer>;
  close(): void;
}

export interface ConsentTransport {
  open(url: URL): ConsentSession;
}

export interface SocketTransportOptions {
  /** Decides which addresses may be connected to; all when there is none. */
  readonly guard?: TargetGuard;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string;
  /** Bytes of an answer's body that are read at most. */
  readonly maxBodyBytes?: number;
  /** Bytes of an answer's headers that are accepted, with informational answers before it. */
  readonly maxHeaderBytes?: number;
}

/** Asks over connections like those of pushes, so that the same is accepted as an answer, within the same bounds. */
export class SocketTransport implements ConsentTransport {
  constructor(private readonly options: SocketTransportOptions = {}) {}

  open(url: URL): ConsentSession {
    return new SocketSession(url, this.options);
  }
}

/** The connection is kept from one question to the next, and no longer. */
const IDLE_TIMEOUT_MS = 10_000;

class SocketSession implements ConsentSession {
  #connection: Connection | null = null;
  #addressClass: AddressClass | null = null;

  constructor(
    private readonly url: URL,
    private readonly options: SocketTransportOptions,
  ) {}

  get addressClass(): AddressClass | null {
    return this.#addressClass;
  }

  async request(question: ConsentRequest, signal: AbortSignal): Promise<ConsentAnswer> {
    signal.throwIfAborted();
    try {
      return await this.#exchange(this.#written(question), signal);
    } catch (error) {
      // Also one that is still being opened, or whose answer is still coming.
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = null;
  }

  #written({ method, headers, body = '' }: ConsentRequest): HttpRequest {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return {
      target: parseTarget(this.url.href, method),
      headers: lines.join(''),
      body: Buffer.from(body),
      onSent: () => (this.#addressClass = classOfAddress(this.#connection?.remoteAddress ?? '')),
    };
  }

  #exchange(request: HttpRequest, signal: AbortSignal): Promise<ConsentAnswer> {
    const connection = this.#openConnection(request.target.origin);
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      const abort = () => reject(signal.reason as Error);
      const ended = () => signal.removeEventListener('abort', abort);
      signal.addEventListener('abort', abort, { once: true });
      connection.send(request, {
        onBody: (bytes) => parts.push(Buffer.from(bytes)),
        onAnswer: ({ status, allowedOrigin, allowedRate }) => {
          ended();
          resolve({ status, allowedOrigin, allowedRate, body: Buffer.concat(parts) });
        },
        onFailure: (error) => {
          ended();
          // Not twice: a new connection is not stale.
          if (connection.mayBeStale) resolve(this.#exchange(request, signal));
          else reject(error);
        },
      });
    });
  }

  /** The one that served the question before, or else a new one. */
  #openConnection(origin: string): Connection {
    if (this.#connection?.isOpen) return this.#connection;
    this.close();
    const { maxBodyBytes = 64 * 1024, maxHeaderBytes = 16 * 1024, ca, guard } = this.options;
    this.#connection = new Connection(
      origin,
      { maxBodyBytes, maxHeaderBytes, ca, guard, idleTimeoutMs: IDLE_TIMEOUT_MS },
      { onDisconnect: (it) => it.destroy(), onClosed: () => undefined },
    );
    return this.#connection;
  }
}
