import { BoundedCache } from '../bounded-cache';

/** Where a push goes: a subscriber's URL, taken apart. */
export interface PushTarget {
  /** Scheme, host and port: what connections are shared by. */
  readonly origin: string;
  readonly isTls: boolean;
  /** A name or an IP address, an IPv6 address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The beginning of every request to it: the request line, and the headers that follow from the URL. */
  readonly requestStart: string;
  /** How much of its answers is worth reading. */
  readonly answers: AnswerHistory;
}

/** An allowance is halved so often at most: an ordinary short answer is still read whole, and ends the matter. */
const MAX_HALVINGS = 4;

/**
 * Whoever answers with more than is read costs a new connection each time, and all that is on its way when the
 * connection is cut. So less is read of an answer after each that was too long, until one is not.
 */
export class AnswerHistory {
  #tooLong = 0;

  /** Bytes to read of the next answer's body, of `maxBytes` that are read of any. */
  allowance(maxBytes: number): number {
    return maxBytes >> this.#tooLong;
  }

  /** To be told of each answer that was read to its end or as far as its allowance. */
  add(isTooLong: boolean): void {
    this.#tooLong = isTooLong ? Math.min(this.#tooLong + 1, MAX_HALVINGS) : 0;
  }
}

/** Targets by URL. Throws TypeError `ERR_INVALID_URL` when it is asked for what is none. */
export class PushTargets extends BoundedCache<string, PushTarget> {
  constructor(maxKnown = 4096) {
    super((text) => parseTarget(text, 'POST'), maxKnown);
  }
}

/** @throws TypeError `ERR_INVALID_URL` */
export function parseTarget(text: string, method: 'POST' | 'OPTIONS'): PushTarget {
  const { protocol, origin, host, hostname, port, pathname, search } = new URL(text);
  const isTls = protocol === 'https:';
  return {
    origin,
    isTls,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: Number(port || (isTls ? 443 : 80)),
    requestStart: `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n`,
    answers: new AnswerHistory(),
  };
}
