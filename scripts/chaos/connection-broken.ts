import { types } from 'node:util';

/** Whether this is how `fetch` says that the server is gone. */
export function isConnectionBroken(error: unknown): boolean {
  const message = types.isNativeError(error) ? error.message : '';
  return message === 'fetch failed' || message === 'terminated';
}
