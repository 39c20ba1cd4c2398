import type { Socket } from 'node:net';

const CONTINUE = Buffer.from('HTTP/1.1 100');
const END_OF_HEAD = '\r\n\r\n';

/** Sends every chunk that is read from `socket` through `filter`, which may take bytes away from it. */
export function filterReads(socket: Socket, filter: (chunk: Buffer) => Buffer): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  socket.read = (size?: number): Buffer | null => {
    for (;;) {
      const chunk = read(size);
      const filtered = chunk && filter(chunk);
      if (filtered?.length !== 0) return filtered;
    }
  };
}

/**
 * Leaves out `100 Continue` answers at the start of `chunk`. A server may send one unasked and a client must cope
 * (RFC 9110 §15.2), but undici takes it for a broken answer. One that is split over two chunks stays.
 */
export function withoutContinue(chunk: Buffer): Buffer {
  let rest = chunk;
  while (rest.length >= CONTINUE.length && CONTINUE.compare(rest, 0, CONTINUE.length) === 0) {
    const end = rest.indexOf(END_OF_HEAD);
    if (end < 0) break;
    rest = rest.subarray(end + END_OF_HEAD.length);
  }
  return rest;
}
