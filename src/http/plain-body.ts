import type { IncomingMessage } from 'node:http';
import { HeraldError } from '../errors';

/**
 * Reads a request's body as it comes, without decompressing it.
 *
 * @throws HeraldError `message_too_large` when it has more than `maxBytes`; the rest is not read then.
 *   `invalid_request` when it ends too early
 */
export function readPlainBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLargeError(maxBytes));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      req.removeAllListeners('data').pause();
      reject(tooLargeError(maxBytes));
    });
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    // A client that leaves in the middle is an error here too.
    req.on('error', (cause) => reject(incomplete({ cause })));
  });
}

export function tooLargeError(
  maxBytes: number,
  code: 'message_too_large' | 'batch_too_large' = 'message_too_large',
  options?: ErrorOptions,
): HeraldError {
  return new HeraldError(code, `The body is larger than ${maxBytes} bytes`, [], options);
}

export function incomplete(options?: ErrorOptions): HeraldError {
  return new HeraldError('invalid_request', 'The body ended before it was complete', [], options);
}
