import type { ErrorRequestHandler } from 'express';
import { HeraldError, StoreUnavailableError } from '../../errors';
import type { Logger } from '../../logger';
import { requestIdOf } from './request-id';

/** The one place where an error becomes an answer; what is not meant for the client is logged and becomes `internal`. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const known = toHeraldError(error);
    if (known.status >= 500 && known.code !== 'event_toggled_off') {
      const { method, path } = req;
      const line = { err: error, method, path, code: known.code, request_id: requestIdOf(res) };
      log.error(line, 'request.failed');
    }
    if (res.headersSent) {
      // Half an answer cannot be taken back; cutting the connection tells the client that it is not whole.
      res.destroy();
      return;
    }
    if (known.status === 503) res.set('Retry-After', '1');
    // What the client still sends is not read any more, so this connection cannot serve another request.
    if (!req.complete) res.set('Connection', 'close');
    const { code, message, faults } = known;
    res.status(known.status).json({ message, code, ...(faults.length > 0 && { errors: faults }) });
  };
}

/** What the client is told about an error; what is not meant for it becomes `internal`. */
export function toHeraldError(error: unknown): HeraldError {
  if (error instanceof HeraldError) return error;
  if (error instanceof StoreUnavailableError) {
    return new HeraldError('store_unavailable', 'The store cannot be reached or written; try again', [], {
      cause: error,
    });
  }
  // The router throws this for a path such as /publish/%zz.
  if (error instanceof URIError) {
    return new HeraldError('invalid_path', 'The path is not valid percent-encoding', [], { cause: error });
  }
  return new HeraldError('internal', 'Something went wrong in the server', [], { cause: error });
}
