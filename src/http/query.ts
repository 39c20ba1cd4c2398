import { parse, type ParsedUrlQuery } from 'node:querystring';
import type { Request } from 'express';
import { parseSubscriberUrl } from '../broker/subscriber-url';
import { HeraldError } from '../errors';

/** Takes a query apart, all of it: what is left out by itself after a thousand parameters may be what matters. */
export function parseQuery(query: string): ParsedUrlQuery {
  return parse(query, '&', '=', { maxKeys: 0 });
}

/**
 * A parameter of the query, or undefined when it is not there.
 *
 * @throws HeraldError `invalid_query` when it is there more than once
 */
export function queryText(req: Request, name: string): string | undefined {
  const value: unknown = req.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalidQuery(name, 'must be there once');
}

/**
 * A whole number in the query.
 *
 * @throws HeraldError `invalid_query` when it is none, or out of bounds
 */
export function queryInteger(
  req: Request,
  name: string,
  { min, max, otherwise }: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const text = queryText(req, name);
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw invalidQuery(name, `must be a whole number from ${min} to ${max}`);
}

/**
 * The subscriber that `?url=` names, in normal form.
 *
 * @throws HeraldError `invalid_query`, `invalid_url`
 */
export function querySubscriber(req: Request): string {
  const url = queryText(req, 'url');
  if (url === undefined) {
    throw invalidQuery('url', "must be the subscriber's URL, percent-encoded: ?url=http%3A%2F%2F…");
  }
  return parseSubscriberUrl(url);
}

/** @param fault what the parameter has to be, such as `must be there once` */
export function invalidQuery(name: string, fault: string): HeraldError {
  return new HeraldError('invalid_query', `The parameter ${name} ${fault}`, [{ path: name, message: fault }]);
}
