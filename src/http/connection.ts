import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait for those before them … */
const MAX_WAITING = 1000;
/** … and of all connections together. One takes some 4 KiB, and its headers. */
const MAX_ALL_WAITING = 10_000;

/** Counts the requests of all connections that wait for those before them. */
export interface WaitingRequests {
  count: number;
}

interface Waiting {
  readonly res: ServerResponse;
  readonly begin: () => void;
}

/**
 * A client's connection. Its requests are carried out one after the other, as they are answered (RFC 9112 §9.3), so
 * that there is one answer in memory at most, however many requests a client sends without reading what it is answered.
 */
export class Connection {
  #underway: ServerResponse | null = null;
  #waiting: Waiting[] = [];

  /** @param onIdle is called whenever all its requests are answered */
  constructor(
    private readonly socket: Socket,
    private readonly all: WaitingRequests,
    private readonly onIdle: () => void,
  ) {
    socket.once('close', () => {
      all.count -= this.#waiting.length;
      this.#waiting = [];
    });
  }

  /** Whether no request is under way. */
  get isIdle(): boolean {
    return this.#underway === null;
  }

  /**
   * Calls `begin` once all requests before are answered; never when the connection closes before. It is closed when too
   * many wait.
   */
  add(res: ServerResponse, begin: () => void): void {
    if (this.socket.destroyed) return;
    if (this.#underway === null) this.#begin({ res, begin });
    else if (this.#waiting.length < MAX_WAITING && this.all.count < MAX_ALL_WAITING) {
      this.#waiting.push({ res, begin });
      this.all.count += 1;
    } else this.socket.destroy();
  }

  /** Closes it once the answer under way is written, at once when there is none. What waits is not carried out. */
  close(): void {
    if (this.#underway === null) this.socket.destroy();
    // It would otherwise be kept alive until it falls idle.
    else if (!this.#underway.headersSent) this.#underway.setHeader('Connection', 'close');
  }

  #begin({ res, begin }: Waiting): void {
    this.#underway = res;
    res.once('close', () => this.#next());
    begin();
  }

  #next(): void {
    this.#underway = null;
    // The answer before may have been the last one.
    const next = this.socket.writable ? this.#waiting.shift() : undefined;
    if (next) {
      this.all.count -= 1;
      this.#begin(next);
    } else this.onIdle();
  }
}
