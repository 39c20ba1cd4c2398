import { Connection, type ConnectionOptions } from './connection';

/** Someone who wants a connection. */
export interface ConnectionUser {
  /** True when the connection is not wanted any more; such a user is left out. */
  readonly isDone: boolean;
  /** Hands over a connection for one request. It must come back by `release`, `replace` or `discard`. */
  onConnection(connection: Connection): void;
}

export interface ConnectionPoolOptions extends ConnectionOptions {
  /** Connections to one origin (scheme, host and port); who wants more waits, first come first served. */
  readonly connectionsPerOrigin: number;
  /** Unused connections kept over all origins; the longest unused is closed first. */
  readonly maxIdleConnections: number;
}

interface OriginState {
  /** Connections open or being opened. */
  open: number;
  /** Unused ones; the last was used last and is taken first, so that those not needed time out. */
  readonly idle: Connection[];
  readonly waiting: ConnectionUser[];
}

/** Kept-alive connections by origin. Bounded per origin, and in what it keeps unused. */
export class ConnectionPool {
  readonly #origins = new Map<string, OriginState>();
  /** The idle connections of all origins, the longest unused first. */
  readonly #idle = new Set<Connection>();
  /** All connections that may hold a socket. */
  readonly #sockets = new Set<Connection>();
  #isClosed = false;
  #onEmpty: (() => void) | null = null;

  constructor(private readonly options: ConnectionPoolOptions) {}

  /** Hands a connection to `user` at once when there is one or may be one more, else as soon as one is free. */
  acquire(origin: string, user: ConnectionUser): void {
    const idle = this.#takeIdle(origin);
    if (idle) {
      user.onConnection(idle);
      return;
    }
    const state = this.#stateOf(origin);
    if (state.open < this.options.connectionsPerOrigin) user.onConnection(this.#open(origin));
    else state.waiting.push(user);
  }

  /** Takes back a connection whose answer was read; one that cannot be used again is destroyed. */
  release(connection: Connection): void {
    if (this.#isClosed || !connection.isOpen) {
      this.discard(connection);
      return;
    }
    const state = this.#stateOf(connection.origin);
    const next = nextWaiting(state);
    if (next) {
      next.onConnection(connection);
      return;
    }
    state.idle.push(connection);
    this.#idle.add(connection);
    if (this.#idle.size > this.options.maxIdleConnections) this.#discardLongestIdle();
  }

  /** Destroys a connection and opens one in its place, ahead of those that wait. */
  replace(connection: Connection): Connection {
    connection.destroy();
    this.#stateOf(connection.origin).open--;
    return this.#open(connection.origin);
  }

  /** Destroys a connection, whatever state it is in. */
  discard(connection: Connection): void {
    connection.destroy();
    const { origin } = connection;
    const state = this.#stateOf(origin);
    state.open--;
    const next = nextWaiting(state);
    if (next) next.onConnection(this.#open(origin));
    else if (state.open === 0) this.#origins.delete(origin);
  }

  /** Closes idle connections at once and the others as they come back. Resolves when no socket is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#idle.size > 0) this.#discardLongestIdle();
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  #stateOf(origin: string): OriginState {
    let state = this.#origins.get(origin);
    if (!state) {
      state = { open: 0, idle: [], waiting: [] };
      this.#origins.set(origin, state);
    }
    return state;
  }

  #takeIdle(origin: string): Connection | null {
    const connection = this.#stateOf(origin).idle.pop();
    if (!connection) return null;
    this.#idle.delete(connection);
    if (connection.isOpen) return connection;
    this.discard(connection);
    return this.#takeIdle(origin);
  }

  #open(origin: string): Connection {
    this.#stateOf(origin).open++;
    const connection = new Connection(origin, this.options, {
      onDisconnect: (it) => {
        if (this.#idle.has(it)) this.#discardIdle(it);
      },
      onClosed: (it) => {
        this.#sockets.delete(it);
        if (this.#sockets.size === 0) this.#onEmpty?.();
      },
    });
    this.#sockets.add(connection);
    return connection;
  }

  #discardLongestIdle(): void {
    for (const connection of this.#idle) {
      this.#discardIdle(connection);
      return;
    }
  }

  #discardIdle(connection: Connection): void {
    this.#idle.delete(connection);
    const { idle } = this.#stateOf(connection.origin);
    idle.splice(idle.indexOf(connection), 1);
    this.discard(connection);
  }
}

function nextWaiting({ waiting }: OriginState): ConnectionUser | undefined {
  let user = waiting.shift();
  while (user?.isDone) user = waiting.shift();
  return user;
}
