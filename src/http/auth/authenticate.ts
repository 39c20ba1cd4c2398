import type { OwnedSubscriber } from '../../broker/subscriber-admin';
import type { Request, RequestHandler, Response } from 'express';
import { isCapabilityToken, matches } from '../../capability-token';
import { HeraldError } from '../../errors';
import type { JwtVerifier } from './jwt-verifier';
import { InvalidTokenError, KeysUnavailableError } from './token-errors';
import { ANONYMOUS, type Principal, principalOf, setPrincipal } from './principal';
import { Scopes, type ScopeKind } from './scopes';

const REALM = 'Bearer realm="herald"';
/** RFC 6750 §2.1; the name of the scheme in any case (RFC 9110 §11.1). */
const BEARER = /^Bearer(?: +(.*))?$/i;
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Finds out who makes a request, for the handlers behind it to ask by `principalOf`. Throws HeraldError `unauthorized`
 * with `WWW-Authenticate` when there is no valid token, and `auth_unavailable` when it cannot be verified now.
 *
 * @param verifier null when everybody may do everything (AUTH=none)
 */
export function authenticate(verifier: Pick<JwtVerifier, 'verify'> | null): RequestHandler {
  if (!verifier) {
    return (req, _res, next) => {
      setPrincipal(req, ANONYMOUS);
      next();
    };
  }
  return async (req, res, next) => {
    setPrincipal(req, await identify(bearerToken(req, res), verifier, res));
    next();
  };
}

/**
 * Checks that a request's bearer has the scope `admin`.
 *
 * @throws HeraldError `forbidden`
 */
export function checkAdmin(req: Request, res: Response): void {
  if (!principalOf(req).scopes.isAdmin) throw missingScope(res, 'admin');
}

/**
 * Checks that a request's bearer has a scope.
 *
 * @param name what the scope has to name: the topic, or the subscriber's URL
 *
 * @throws HeraldError `forbidden`
 */
export function checkScope(req: Request, res: Response, kind: ScopeKind, name: string): void {
  if (!principalOf(req).scopes.allows(kind, name)) throw missingScope(res, `${kind}:${name}`);
}

/**
 * Checks that a request may act for a subscriber: by the subscriber's own token, or by the scope `poll:<url>`.
 *
 * @param url in its normalised form
 * @param tokenHash of the subscriber's token; null when it has none, or is not known: the answer is the same then
 * @throws HeraldError `unauthorized` for another token, `forbidden` when the scope is missing
 */
export function checkSubscriberAccess(
  req: Request,
  res: Response,
  { url, tokenHash }: OwnedSubscriber,
): void {
  const principal = principalOf(req);
  if (principal.kind !== 'capability') {
    checkScope(req, res, 'poll', url);
    return;
  }
  if (!matches(principal.token, tokenHash ?? '')) {
    throw invalidToken(res, 'The token is not the one of this subscriber');
  }
}

function bearerToken(req: Request, res: Response): string {
  const { authorization = '' } = req.headers;
  const bearer = BEARER.exec(authorization.trim());
  if (!bearer) {
    // RFC 6750 §3.1: who sent no token learns that one is wanted, and no error code.
    res.set('WWW-Authenticate', REALM);
    throw new HeraldError('unauthorized', 'This needs a token: send it as Authorization: Bearer <token>');
  }
  const token = bearer[1] ?? '';
  if (!TOKEN.test(token)) throw invalidToken(res, 'The token is malformed');
  return token;
}

async function identify(
  token: string,
  verifier: Pick<JwtVerifier, 'verify'>,
  res: Response,
): Promise<Principal> {
  if (isCapabilityToken(token)) return { kind: 'capability', token, scopes: Scopes.NONE };
  try {
    return { kind: 'token', ...(await verifier.verify(token)) };
  } catch (error) {
    if (error instanceof InvalidTokenError) throw invalidToken(res, error.message, error);
    if (error instanceof KeysUnavailableError) {
      const options = { cause: error };
      throw new HeraldError(
        'auth_unavailable',
        'Tokens cannot be verified at the moment; try again',
        [],
        options,
      );
    }
    throw error;
  }
}

function invalidToken(res: Response, description: string, cause?: unknown): HeraldError {
  res.set('WWW-Authenticate', `${REALM}, error="invalid_token", error_description="${description}"`);
  return new HeraldError('unauthorized', description, [], { cause });
}

/**
 * The error of a token that lacks a scope; the answer's `WWW-Authenticate` says which (RFC 6750 §3.1).
 *
 * @param message what to change, where another scope is not all that would do
 */
export function missingScope(
  res: Response,
  scope: string,
  message = `This needs the scope ${scope}`,
): HeraldError {
  // RFC 6750 §3: these characters alone may stand in a scope.
  const quotable = scope.replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, '?');
  const description = 'The token does not have the scope that this needs';
  res.set(
    'WWW-Authenticate',
    `${REALM}, error="insufficient_scope", scope="${quotable}", error_description="${description}"`,
  );
  return new HeraldError('forbidden', message);
}
