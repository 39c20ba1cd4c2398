import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** Opens a connection to a server's `http:` URL. */
export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Sends exactly these bytes, and resolves with all that comes until the server closes the connection. */
export async function exchange(url: string, sent: string): Promise<{ head: string; body: string }> {
  const socket = await connectTo(url);
  socket.write(sent);
  const [head = '', ...body] = (await text(socket)).split('\r\n\r\n');
  return { head, body: body.join('\r\n\r\n') };
}
