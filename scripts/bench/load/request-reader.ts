const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING: Buffer = Buffer.alloc(0);

/** Finds the requests in what comes in on one connection. It knows bodies with a Content-Length only. */
export class RequestReader {
  /** The beginning of a head whose end has not come yet. */
  #head = NOTHING;
  /** Bytes of the body that have not come yet. */
  #missing = 0;
  #body: Buffer[] = [];

  /** @param received gets each request's body, empty when it was not to be kept */
  constructor(private readonly received: (body: Buffer) => void) {}

  /** Takes what came, and returns how many requests it completed. */
  read(chunk: Buffer, keepBody: boolean): number {
    let complete = 0;
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#missing === 0) {
        const body = this.#readHead(rest);
        if (!body) break;
        rest = body;
      }
      const part = rest.subarray(0, this.#missing);
      rest = rest.subarray(part.length);
      this.#missing -= part.length;
      if (keepBody) this.#body.push(part);
      if (this.#missing > 0) break;
      this.received(keepBody ? Buffer.concat(this.#body) : NOTHING);
      this.#body = [];
      complete++;
    }
    return complete;
  }

  /** What follows the head, or null while its end has not come. */
  #readHead(chunk: Buffer): Buffer | null {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.#head = bytes;
      return null;
    }
    this.#head = NOTHING;
    const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1];
    if (length === undefined) throw new Error('A request came without a Content-Length');
    this.#missing = Number(length);
    return bytes.subarray(end + END_OF_HEAD.length);
  }
}
