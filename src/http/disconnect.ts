import type { Request, Response } from 'express';

/**
 * Calls `listener` once the request's connection is closed; at once when it is. The response says so too, but not when
 * that was before it was asked, nor while it waits behind another one on the same connection (HTTP pipelining).
 *
 * @returns ends that
 */
export function onDisconnect({ socket }: Request, listener: () => void): () => void {
  if (socket.destroyed) {
    listener();
    return () => undefined;
  }
  // A client may send more requests at once than there can be listeners before Node takes it for a leak.
  socket.setMaxListeners(0).once('close', listener);
  return () => void socket.off('close', listener);
}

/**
 * Calls `listener` once, when the answer is written or its connection is closed; at once when that is.
 *
 * @returns ends that
 */
export function onClose(res: Response, listener: () => void): () => void {
  let stopListening = (): void => undefined;
  const stop = () => {
    res.off('close', close);
    stopListening();
  };
  const close = () => {
    stop();
    listener();
  };
  res.on('close', close);
  stopListening = onDisconnect(res.req, close);
  return stop;
}

/** Resolves when all that was written to `res` has gone, or never will. */
export function drained(res: Response): Promise<void> {
  return new Promise((resolve) => {
    const drain = () => {
      stop();
      resolve();
    };
    res.once('drain', drain);
    const stop = onClose(res, () => {
      res.off('drain', drain);
      resolve();
    });
  });
}
