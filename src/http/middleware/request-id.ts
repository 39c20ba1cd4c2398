import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';

const HEADER = 'X-Request-Id';
/** Nothing in it can break a log line or a header. */
const ACCEPTED = /^[\x21-\x7e]{1,128}$/;

/** Gives every answer an `X-Request-Id`: the request's own where it is 1 to 128 visible ASCII characters, else a new one. */
export function requestId(): RequestHandler {
  return (req, res, next) => {
    const given = req.headers['x-request-id'];
    const id = typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID();
    res.setHeader(HEADER, id);
    next();
  };
}

/** The request's id, once `requestId` has seen it. */
export function requestIdOf(res: Response): string {
  return String(res.getHeader(HEADER) ?? '');
}
