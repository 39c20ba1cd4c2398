import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request to DynamoDB. */
export interface Asked {
  /** Such as `Scan`. */
  readonly operation: string;
  readonly table: string;
  /** When it was signed, by the clock of whoever asks: unix milliseconds. */
  readonly signedAt: number;
}

/** `hang`: no answer comes; an answer of its own; or undefined, so that the request goes on. */
export type Fault =
  | 'hang'
  | {
      readonly status: number;
      readonly type: string;
      readonly body: string;
      /** When that says that it was given: unix milliseconds. */
      readonly at?: number;
    }
  | undefined;

/** A way to a DynamoDB emulator on which single requests have no answer, or another one. */
export class DynamoDbProxy {
  /** What becomes of a request. */
  faultOf: (asked: Asked) => Fault = () => undefined;
  readonly #server = createServer((req, res) => void this.#pass(req, res));

  private constructor(private readonly target: URL) {}

  /** @param target the URL of the emulator */
  static async start(target: string): Promise<DynamoDbProxy> {
    const proxy = new DynamoDbProxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { headers, method, url } = req;
    const body = await buffer(req);
    const { TableName: table = '' } = JSON.parse(body.toString()) as { TableName?: string };
    const operation = String(headers['x-amz-target']).split('.')[1] ?? '';
    const fault = this.faultOf({ operation, table, signedAt: signedAtOf(headers) });
    if (fault === 'hang') return;
    if (fault) {
      const date = new Date(fault.at ?? Date.now()).toUTCString();
      res.writeHead(fault.status, { 'content-type': fault.type, date }).end(fault.body);
      return;
    }
    const { hostname, port } = this.target;
    const upstream = request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(res);
    });
    upstream.on('error', () => res.destroy());
    upstream.end(body);
  }
}

function signedAtOf(headers: IncomingHttpHeaders): number {
  const [, date, time] = /^(\d{8})T(\d{6})Z$/.exec(String(headers['x-amz-date'])) ?? [];
  if (date === undefined || time === undefined) return NaN;
  const day = date.replace(/(....)(..)(..)/, '$1-$2-$3');
  return Date.parse(`${day}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`);
}
