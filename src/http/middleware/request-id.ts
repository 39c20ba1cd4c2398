import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';

const HEADER = 'X-Request-Id';
/** Nothing in it can break a log line or a header. */
const ACCEPTED = /^[\x21-\x7e]{1,128}$/;

/** Gives every answer an `X-Request-Id`: the request's own where it is 1 to 128 visible ASCII characters, else a new one. */
export function requestId(): RequestHandler {
  return (req, res, next) => {
    giveRequestId(req, res);
    next();
  };
}

/** The same for one answer. */
export function giveRequestId({ headers }: IncomingMessage, res: ServerResponse): void {
  const given = headers['x-request-id'];
  res.setHeader(HEADER, typeof given === 'string' && ACCEPTED.test(given) ? given : randomUUID());
}

/** The request's id, once `requestId` has seen it. */
export function requestIdOf(res: Response): string {
  return String(res.getHeader(HEADER) ?? '');
}
