import type { Request } from 'express';
import { Scopes } from './scopes';

/** Who makes a request, and what they may do. */
export type Principal =
  /** Requests are not authenticated, and everybody may do everything. */
  | { readonly kind: 'anonymous'; readonly scopes: Scopes }
  | {
      readonly kind: 'token';
      readonly subject: string | null;
      readonly scopes: Scopes;
      /** Unix milliseconds from which the token is refused. */
      readonly expiresAt: number;
    }
  /** Has shown a subscriber's token, which the subscriber's routes have yet to check. */
  | { readonly kind: 'capability'; readonly token: string; readonly scopes: Scopes };

export const ANONYMOUS: Principal = { kind: 'anonymous', scopes: Scopes.ALL };

const principals = new WeakMap<Request, Principal>();

export function setPrincipal(req: Request, principal: Principal): void {
  principals.set(req, principal);
}

/** @throws Error when the route was added without `authenticate` before it: that is a mistake of this program */
export function principalOf(req: Request): Principal {
  const principal = principals.get(req);
  if (!principal) throw new Error(`${req.path} is reached without authentication`);
  return principal;
}
