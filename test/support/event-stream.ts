import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** One block of a stream of server-sent events. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** Reads a stream of server-sent events, block by block. */
export class EventStream {
  #text = '';
  readonly #blocks: AsyncIterator<string, undefined>;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    this.#blocks = response[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  }

  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventStream> {
    const request = get(url, { headers, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new EventStream(response);
  }

  /** The next event, or null when the stream has ended. Comments are left out, and so is `stats` unless asked for. */
  async next({ stats = false } = {}): Promise<StreamEvent | null> {
    for (let block = await this.nextBlock(); block !== null; block = await this.nextBlock()) {
      const event = parse(block);
      if (event !== null && (stats || event.event !== 'stats')) return event;
    }
    return null;
  }

  /** The next block as it came. */
  async nextBlock(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { value, done } = await this.#blocks.next();
      if (done) return null;
      this.#text += value;
    }
  }

  close(): void {
    this.response.destroy();
  }
}

function parse(block: string): StreamEvent | null {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return null;
  return { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) };
}
