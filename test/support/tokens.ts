import { createSecretKey } from 'node:crypto';
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  type KeyLike,
} from 'jose';

export const JWT_SECRET = 'a secret for tests that has 32 bytes or more';

/** A key pair of an identity provider. */
export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: KeyLike;
  readonly jwk: JWK;
}

export async function newSigningKey(alg: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

export const keySetOf = (...keys: readonly SigningKey[]): JSONWebKeySet => ({
  keys: keys.map(({ jwk }) => jwk),
});

/** Unix seconds; a token that is valid from a minute before `now` to an hour after. */
export function claimsAt(nowMs: number, claims: Readonly<Record<string, unknown>> = {}): JWTPayload {
  const now = Math.floor(nowMs / 1000);
  return { sub: 'alice', scope: 'publish:orders', iat: now - 60, exp: now + 3600, ...claims };
}

/** A HS256 token. */
export function signWithSecret(claims: JWTPayload, secret = JWT_SECRET): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(createSecretKey(secret, 'utf8'));
}

/** A token of an identity provider; `header` is put over its own. */
export function signWithKey(
  { alg, kid, privateKey }: SigningKey,
  claims: JWTPayload,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
}
