/** A token is refused. The message is one sentence for its bearer, of characters that a header can hold. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
}

/** The keys that tokens are verified with could not be had. It is not the caller's fault. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}
