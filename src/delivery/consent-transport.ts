import type { Socket } from 'node:net';
import type { Client } from 'undici';
import { type AddressClass, classOfAddress } from '../address-class';
import { openSocket } from './open-socket';
import type { TargetGuard } from './target-guard';

export interface ConsentRequest {
  readonly method: 'OPTIONS' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ConsentAnswer {
  readonly status: number;
  /** Names in lower case; of one that came several times, the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most as much as the transport reads. */
  readonly body: Buffer;
}

/** One subscriber's URL, as long as it is being asked. */
export interface ConsentSession {
  /** Of the address that was connected to; null while there was no connection. */
  readonly addressClass: AddressClass | null;
  /** Never follows a redirect. Rejects with the error of the network, or with `signal`'s reason once it aborts. */
  request(request: ConsentRequest, signal: AbortSignal): Promise<ConsentAnswer>;
  close(): Promise<void>;
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
  /** Bytes of an answer's headers that are accepted. */
  readonly maxHeaderBytes?: number;
}

/** Asks over sockets that are opened as those of pushes are. */
export class SocketTransport implements ConsentTransport {
  constructor(private readonly options: SocketTransportOptions = {}) {}

  open(url: URL): ConsentSession {
    return new SocketSession(url, this.options);
  }
}

class SocketSession implements ConsentSession {
  readonly #client: Promise<Client>;
  readonly #maxBodyBytes: number;
  /** While it is being opened; then it is the client's. */
  #opening: Socket | null = null;
  #addressClass: AddressClass | null = null;

  constructor(
    private readonly url: URL,
    options: SocketTransportOptions,
  ) {
    this.#maxBodyBytes = options.maxBodyBytes ?? 64 * 1024;
    this.#client = this.#newClient(options);
  }

  get addressClass(): AddressClass | null {
    return this.#addressClass;
  }

  async request(request: ConsentRequest, signal: AbortSignal): Promise<ConsentAnswer> {
    // The client does not look at the signal before there is a connection.
    const abort = () => this.#opening?.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.#send(request, signal);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    this.#opening?.destroy();
    await (await this.#client).destroy();
  }

  /** The client is loaded when the first subscriber is asked: most servers ask none. */
  async #newClient({ guard, ca, maxHeaderBytes = 16 * 1024 }: SocketTransportOptions): Promise<Client> {
    const undici = await import('undici');
    return new undici.Client(this.url.origin, {
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      // The caller's signal covers these.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: ({ protocol, hostname, port }, callback) => {
        const isTls = protocol === 'https:';
        const options = { isTls, hostname, port: Number(port || (isTls ? 443 : 80)), ca, guard };
        this.#opening = openSocket(options, (error, socket) => {
          this.#opening = null;
          if (socket) {
            this.#addressClass = classOfAddress(socket.remoteAddress ?? '');
            callback(null, socket);
          } else {
            callback(error ?? new Error('no socket'), null);
          }
        });
      },
    });
  }

  async #send({ method, headers, body }: ConsentRequest, signal: AbortSignal): Promise<ConsentAnswer> {
    const path = this.url.pathname + this.url.search;
    const {
      statusCode,
      headers: answered,
      body: stream,
    } = await (
      await this.#client
    ).request({
      method,
      path,
      headers,
      signal,
      ...(body !== undefined && { body }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    // Leaving the loop early destroys the connection, so that no more is read.
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, this.#maxBodyBytes - size));
      size += chunk.length;
      if (size >= this.#maxBodyBytes) break;
    }
    return { status: statusCode, headers: firstValues(answered), body: Buffer.concat(chunks) };
  }
}

function firstValues(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const [first] = [value].flat();
    if (first !== undefined) values[name] = first;
  }
  return values;
}
