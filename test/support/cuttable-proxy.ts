import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server on 127.0.0.1 that can be cut, and opened again at the same port. */
export class CuttableProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server;

  private constructor(private readonly port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(this.port, '127.0.0.1');
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.once('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        // A reset is one of the ways to close.
        socket.on('error', () => socket.destroy());
        socket.pipe(other);
      }
    });
  }

  /** @param target the URL of the server */
  static async start(target: string): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(Number(new URL(target).port));
    await proxy.#listen(0);
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts all connections and refuses others. @returns opens it again */
  async cut(): Promise<() => Promise<void>> {
    const { port } = this.#server.address() as AddressInfo;
    await this.close();
    return () => this.#listen(port);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }
}
