import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface SocketTarget {
  /** `http:` or `https:` */
  readonly protocol: string;
  /** A name or an IP address, an IPv6 address without brackets. */
  readonly hostname: string;
  /** Empty for the protocol's default. */
  readonly port: string;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
}

/**
 * Opens a connection, and returns its socket at once so that it can be destroyed while it is still being opened.
 * `callback` is called once, when the socket can be written to (after the TLS handshake), or with why it cannot; never
 * when the socket is destroyed without an error before that.
 */
export function openSocket(
  { protocol, hostname, port, ca }: SocketTarget,
  callback: (error: Error | null, socket: Socket | null) => void,
): Socket {
  const isTls = protocol === 'https:';
  const socket = isTls
    ? connectTls({
        host: hostname,
        port: Number(port || 443),
        // RFC 6066 §3: no IP addresses in the server name indication.
        servername: isIP(hostname) ? '' : hostname,
        ALPNProtocols: ['http/1.1'],
        ...(ca !== undefined && { ca }),
      })
    : connectTcp({ host: hostname, port: Number(port || 80) });

  let isOpening = true;
  const finish = (error: Error | null) => {
    if (!isOpening) return;
    isOpening = false;
    callback(error, error ? null : socket);
  };
  // Stays for the socket's life: errors after the opening are reported by whoever uses the socket then.
  socket.on('error', finish);
  socket.once(isTls ? 'secureConnect' : 'connect', () => finish(null));
  return socket.setNoDelay(true);
}
