import { once, EventEmitter } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** How a receiver answers one request. */
export interface Answer {
  /** 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The answer is sent once this resolves. */
  readonly after?: Promise<unknown>;
  /** Cuts the connection in place of answering. */
  readonly cut?: boolean;
}

/** A number is a status. A function decides per request. */
export type AnswerScript = number | Answer | ((request: ReceivedRequest) => number | Answer);

export interface ReceivedRequest {
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Exactly as it came. */
  readonly body: Buffer;
  /** Numbers the connections from 1 in the order in which they were opened. */
  readonly connection: number;
}

/** What a receiver got in a push, read from the request's body. */
export interface ReceivedMessage {
  readonly id: string;
  readonly topic: string;
  readonly timestamp: string;
  readonly data: unknown;
}

/** A subscriber's endpoint: an HTTP server on 127.0.0.1 that keeps what it receives and answers as told. */
export class Receiver {
  /** Every request whose body was read to the end, in that order. */
  readonly received: ReceivedRequest[] = [];
  /** The answers to come, taken from the front; when it is empty, `otherwise` answers. */
  answers: AnswerScript[];
  /** Answers when `answers` is empty. */
  otherwise: AnswerScript;

  readonly #arrivals = new EventEmitter().setMaxListeners(0);
  readonly #sockets = new Map<Socket, number>();
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => this.#fail(response, error));
  });
  #connections = 0;

  private constructor(answers: readonly AnswerScript[], otherwise: AnswerScript) {
    this.answers = [...answers];
    this.otherwise = otherwise;
    this.#server.on('connection', (socket) => this.#keep(socket));
  }

  /**
   * Listens on a free port of 127.0.0.1, or on `port`.
   *
   * @param answers what to answer first, in this order
   * @param otherwise what to answer after those; 200 with no body unless given
   */
  static async start({
    answers = [],
    otherwise = 200,
    port = 0,
  }: { answers?: readonly AnswerScript[]; otherwise?: AnswerScript; port?: number } = {}): Promise<Receiver> {
    const receiver = new Receiver(answers, otherwise);
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:<port>/hook` */
  get url(): string {
    return this.urlOf('/hook');
  }

  /** The bodies received, parsed. */
  get messages(): ReceivedMessage[] {
    return this.received.map(({ body }) => JSON.parse(body.toString('utf8')) as ReceivedMessage);
  }

  /** How many connections were ever opened. */
  get connections(): number {
    return this.#connections;
  }

  /** How many connections are open now. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** One URL of this receiver; different paths are different subscribers. */
  urlOf(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves with the requests received so far as soon as there are at least `count`. */
  async waitFor(count: number): Promise<readonly ReceivedRequest[]> {
    while (this.received.length < count) await once(this.#arrivals, 'received');
    return this.received;
  }

  /** Writes to the connections that are open now, whatever was asked on them. */
  sendUnasked(bytes: string): void {
    for (const socket of this.#sockets.keys()) socket.write(bytes);
  }

  /** Destroys the connections that are open now; the receiver goes on listening. */
  dropConnections(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Destroys the connections that are open and stops listening. Can be called twice. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.dropConnections();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.set(socket, ++this.#connections);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket, method = '', url: path = '', headers } = request;
    const connection = this.#sockets.get(socket) ?? 0;
    const received = { method, path, headers, body: await buffer(request), connection };
    const script = this.answers.shift() ?? this.otherwise;
    this.received.push(received);
    this.#arrivals.emit('received');

    const scripted = typeof script === 'function' ? script(received) : script;
    const answer: Answer = typeof scripted === 'number' ? { status: scripted } : scripted;
    await answer.after;
    if (answer.cut) socket.destroy();
    else response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }

  /** A sender that hangs up in the middle is part of many tests; a script that throws is a mistake in one. */
  #fail(response: ServerResponse, error: unknown): void {
    if (response.destroyed || response.socket?.destroyed !== false) return;
    response.writeHead(599).end(String(error));
  }
}
