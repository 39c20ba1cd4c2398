import type { Socket } from 'node:net';
import type { PushTarget } from './push-target';

/** A larger body is not copied for the sake of one write. */
const MAX_COPIED_BYTES = 16 * 1024;

/** A request to be made. */
export interface HttpRequest {
  readonly target: PushTarget;
  /** Lines, each with its end; those that follow from the target and the body are added. */
  readonly headers: string;
  readonly body: Buffer;
  /** Called when the request has been handed to an open connection. */
  readonly onSent?: (() => void) | undefined;
  /** Whether it must not arrive twice: it is not sent over again then. */
  readonly isSentOnce?: boolean | undefined;
}

/** Writes a request with one system call, and in one packet where it fits. */
export function writeRequest(socket: Socket, { target, headers, body }: HttpRequest): void {
  const head = `${target.requestStart}${headers}Content-Length: ${body.length}\r\n\r\n`;
  if (body.length <= MAX_COPIED_BYTES) socket.write(joined(head, body));
  else {
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }
}

/** One buffer costs a socket less than a text and a buffer do. */
function joined(head: string, body: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(head.length + body.length);
  whole.write(head, 0, 'latin1');
  body.copy(whole, head.length);
  return whole;
}
