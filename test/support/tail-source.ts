import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Events that are written at once. */
const CHUNK = 100;

/** A server whose `/tail` says what the test wants; all else it has from the server behind it. */
export class TailSource {
  readonly #readers = new Set<ServerResponse>();
  readonly #server = createServer((req, res) => {
    if (req.url === '/tail') this.#begin(res);
    else this.#pass(req, res);
  });

  private constructor(private readonly target: string) {}

  /** @param target the URL of the server behind it */
  static async start(target: string): Promise<TailSource> {
    const source = new TailSource(target);
    source.#server.listen(0, '127.0.0.1');
    await once(source.#server, 'listening');
    return source;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends `count` events as fast as they are taken. */
  async send(count: number, eventOf: (number: number) => { name: string; data: object }): Promise<void> {
    for (let sent = 0; sent < count; sent += CHUNK) {
      const events = Array.from({ length: CHUNK }, (_, index) => {
        const { name, data } = eventOf(sent + index);
        return `id: 1-${sent + index}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
      });
      for (const reader of this.#readers) {
        if (!reader.write(events.join(''))) await once(reader, 'drain');
      }
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #begin(res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    this.#readers.add(res);
    res.once('close', () => this.#readers.delete(res));
  }

  #pass(req: IncomingMessage, res: ServerResponse): void {
    const { method, headers } = req;
    const passed = request(
      `${this.target}${req.url ?? ''}`,
      { ...(method && { method }), headers },
      (answer) => {
        res.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(res);
      },
    );
    passed.on('error', () => res.destroy());
    req.pipe(passed);
  }
}
