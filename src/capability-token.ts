import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What every capability token begins with, so that it is told from a JWT, and found by secret scanners. */
const PREFIX = 'hrld_';
const TOKEN_BYTES = 32;

/** A new token: `hrld_` and 32 random bytes in base64url. Who has it may act for one subscriber. */
export function newToken(): string {
  return PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Whether a text has the form of a capability token. Says nothing about whose it is. */
export function isCapabilityToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** What is stored in place of a token: its SHA-256 in hexadecimal digits. A token is random enough to need no salt. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Whether a token is the one that was hashed. Takes as long when it is not. */
export function matches(token: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const given = createHash('sha256').update(token).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}
