import { createHmac, randomBytes } from 'node:crypto';
import { BoundedCache } from '../bounded-cache';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;
/** Standard Webhooks: a secret has 24 to 64 bytes. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A new signing secret: `whsec_` and the base64 of 32 random bytes. */
export function generateSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * The key that a secret stands for.
 *
 * @throws RangeError unless it is `whsec_` and the base64 of 24 to 64 bytes; the message does not hold the secret
 */
export function decodeSecret(secret: string): Buffer {
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, 'base64');
  const isValid =
    secret.startsWith(PREFIX) &&
    BASE64.test(text) &&
    key.length >= MIN_SECRET_BYTES &&
    key.length <= MAX_SECRET_BYTES;
  if (!isValid) {
    throw new RangeError(
      `A signing secret is ${PREFIX} and the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes`,
    );
  }
  return key;
}

/** Signs pushes after the Standard Webhooks specification, version `v1` (HMAC-SHA256). */
export class Signer {
  readonly #keys: BoundedCache<string, Buffer>;

  /** @param maxKeys how many decoded keys are kept */
  constructor(maxKeys = 10_000) {
    this.#keys = new BoundedCache(decodeSecret, maxKeys);
  }

  /**
   * The value of `webhook-signature`: one signature per secret, in the order given, which is the newest first.
   *
   * @param id of the message; it never holds a dot, so that what is signed can be read in one way only
   * @param timestampSeconds unix time of this attempt, the value of `webhook-timestamp`
   * @param body as sent, byte for byte
   * @throws RangeError when a secret is not one
   */
  sign(id: string, timestampSeconds: number, body: Buffer, secrets: readonly string[]): string {
    const head = `${id}.${timestampSeconds}.`;
    return secrets
      .map((secret) => {
        const hmac = createHmac('sha256', this.#keys.get(secret)).update(head).update(body);
        return `v1,${hmac.digest('base64')}`;
      })
      .join(' ');
  }
}
