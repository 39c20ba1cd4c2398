import { createHmac, timingSafeEqual } from 'node:crypto';

/** The push did not come from who holds the secret, was changed on the way, or is too old. Answer 401, do not use it. */
export class InvalidWebhookError extends Error {
  override readonly name = 'InvalidWebhookError';
}

/** Of Node's `IncomingMessage` (lower-case names), or of a fetch `Request`. */
export type WebhookHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

export interface VerifyOptions {
  /** Unix time in milliseconds; the system's clock unless given. */
  readonly now?: number;
  /** How far the push's time may be from `now`, in seconds. */
  readonly toleranceSeconds?: number;
}

/**
 * Checks a push by its Standard Webhooks headers: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
 * This file needs nothing but Node.js: a receiver may copy it.
 *
 * @param body the request's body as it came; a text is taken as its UTF-8 bytes. Never one that was parsed and written anew
 * @param secrets `whsec_…`, several while one replaces another; one that fits is enough
 * @returns the message's id, the same on every attempt: keep it, and drop a message whose id was seen before
 * @throws InvalidWebhookError that says what is wrong
 */
export function verifyWebhook(
  headers: WebhookHeaders,
  body: Uint8Array | string,
  secrets: string | readonly string[],
  { now = Date.now(), toleranceSeconds = 300 }: VerifyOptions = {},
): { readonly id: string; readonly timestampSeconds: number } {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const given = header(headers, 'webhook-signature')
    .split(' ')
    .filter((it) => it.startsWith('v1,'))
    .map((it) => Buffer.from(it.slice('v1,'.length), 'base64'));

  const timestampSeconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN;
  // Written so that NaN is refused.
  if (!(Math.abs(now / 1000 - timestampSeconds) <= toleranceSeconds)) {
    throw new InvalidWebhookError('webhook-timestamp is not a time close to now');
  }
  const isValid = [secrets].flat().some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((it) => it.length === expected.length && timingSafeEqual(it, expected));
  });
  if (!isValid) throw new InvalidWebhookError('webhook-signature does not fit the body and the secret');
  return { id, timestampSeconds };
}

function header(headers: WebhookHeaders, name: string): string {
  const value =
    typeof headers.get === 'function' ? headers.get(name) : (headers as Record<string, unknown>)[name];
  if (typeof value !== 'string' || value === '') throw new InvalidWebhookError(`${name} is missing`);
  return value;
}
