import { connect as connectTcp, isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TargetGuard } from './target-guard';

export interface SocketOptions {
  readonly isTls: boolean;
  /** A name or an IP address, an IPv6 address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** Decides which addresses may be connected to; all when there is none. */
  readonly guard?: TargetGuard | undefined;
  /**
   * Gets what is read, in place of the socket's own events. The bytes are valid only during the call; who needs them
   * longer must copy them.
   */
  readonly onBytes?: (bytes: Buffer) => void;
}

/**
 * All sockets read into this, one after the other, since what was read is used at once: the usual new buffer for each
 * read costs more than the answers to pushes are long.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Opens a connection, and returns its socket at once so that it can be destroyed while it is still being opened.
 * `callback` is called once, when the socket can be written to (after the TLS handshake), or with why it cannot; never
 * when the socket is destroyed without an error before that.
 */
export function openSocket(
  options: SocketOptions,
  callback: (error: Error | null, socket: Socket | null) => void,
): Socket {
  const socket = startConnecting(options);

  let isOpening = true;
  const finish = (error: Error | null) => {
    if (!isOpening) return;
    isOpening = false;
    callback(error, error ? null : socket);
  };
  // Stays for the socket's life: errors after the opening are reported by whoever uses the socket then.
  socket.on('error', finish);
  socket.once(options.isTls ? 'secureConnect' : 'connect', () => finish(null));
  return socket.setNoDelay(true);
}

function startConnecting(options: SocketOptions): Socket {
  const { hostname, port, onBytes, guard } = options;
  const isTrusted = guard?.isTrusted(originOf(options)) ?? false;
  // A socket does not look up what is an address already.
  const blocked = isTrusted ? null : guard?.blockedLiteral(hostname);
  if (blocked) return new Socket().destroy(blocked);
  let withdraw: (() => void) | undefined;
  const lookup: LookupFunction = (name, lookupOptions, callback) => {
    withdraw = guard?.lookup(name, lookupOptions, callback, isTrusted);
  };
  const socket = connect(options, {
    host: hostname,
    port,
    ...(guard && { lookup }),
    ...(onBytes && { onread: { buffer: readBuffer, callback: readInto(onBytes) } }),
  });
  // A name that is still being resolved, or waits for its turn, is not wanted any more.
  socket.once('close', () => withdraw?.());
  return socket;
}

function connect({ isTls, hostname, ca }: SocketOptions, options: TcpNetConnectOpts): Socket {
  if (!isTls) return connectTcp(options);
  return connectTls({
    ...options,
    // RFC 6066 §3: no IP addresses in the server name indication.
    servername: isIP(hostname) ? '' : hostname,
    ALPNProtocols: ['http/1.1'],
    ...(ca !== undefined && { ca }),
  });
}

function readInto(onBytes: (bytes: Buffer) => void): (length: number) => boolean {
  return (length) => {
    onBytes(readBuffer.subarray(0, length));
    return true;
  };
}

function originOf({ isTls, hostname, port }: SocketOptions): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return new URL(`${isTls ? 'https' : 'http'}://${host}:${port}`).origin;
}
