/** A token is refused. The message is one sentence for its bearer, of characters that a header can hold. */
export class InvalidTokenError extends Error {
  override readonly name: string = 'InvalidTokenError';
}

/** The token is the issuer's own, its signature and all its other claims are right, and it has merely expired. */
export class ExpiredTokenError extends InvalidTokenError {
  override readonly name = 'ExpiredTokenError';
}

/** The keys that tokens are verified with could not be had. It is not the caller's fault. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}
