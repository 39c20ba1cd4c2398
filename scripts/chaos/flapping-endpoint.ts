import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Random } from './random';

type Mood = 'answers' | 'fails' | 'hangs' | 'resets';

const MOODS: readonly [Mood, ...Mood[]] = ['answers', 'answers', 'answers', 'fails', 'hangs', 'resets'];
const MIN_MOOD_MS = 20;
const MAX_MOOD_MS = 300;

/** A subscriber's endpoint that is well at one moment and not at the next. */
export class FlappingEndpoint {
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => {
      // The sender is gone before it has sent everything: that is what this endpoint is there to see.
      response.destroy();
    });
  });
  #mood: Mood = 'answers';
  #timer: NodeJS.Timeout | null = null;

  /** @param onReceived told the message's id when it is answered 2xx */
  private constructor(
    private readonly random: Random,
    private readonly onReceived: (url: string, id: string) => void,
  ) {}

  static async start(
    random: Random,
    onReceived: (url: string, id: string) => void,
  ): Promise<FlappingEndpoint> {
    const endpoint = new FlappingEndpoint(random, onReceived);
    endpoint.#server.listen(0, '127.0.0.1');
    await once(endpoint.#server, 'listening');
    endpoint.flap();
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** Changes its mood, and goes on doing so. */
  flap(): void {
    this.#mood = this.random.oneOf(MOODS);
    this.#timer = setTimeout(() => this.flap(), this.random.between(MIN_MOOD_MS, MAX_MOOD_MS));
  }

  /** From now on it is well. */
  calmDown(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#mood = 'answers';
  }

  async close(): Promise<void> {
    this.calmDown();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id } = JSON.parse((await buffer(request)).toString()) as { id: string };
    switch (this.#mood) {
      case 'answers':
        this.onReceived(this.url, id);
        response.end();
        return;
      case 'fails':
        response.writeHead(503).end();
        return;
      case 'resets':
        request.socket.resetAndDestroy();
        return;
      case 'hangs':
        // The sender's deadline ends it.
        return;
    }
  }
}
