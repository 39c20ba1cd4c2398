/** A token is refused. The message is one sentence for its bearer, of characters that a header can hold. */
export class InvalidTokenError extends Error {
  override readonly name: string = 'InvalidTokenError';
}

/** The token is the issuer's own, its signature and all its other claims are right, and it has merely expired. */
export class ExpiredTokenError extends InvalidTokenError {
  override readonly name = 'ExpiredTokenError';
}

/** There is no such key, or not yet. It tells nobody how to come closer to a token that is accepted. */
export class UnknownKeyError extends InvalidTokenError {
  override readonly name = 'UnknownKeyError';
}

/** The keys that tokens are verified with could not be had. It is not the caller's fault. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}
