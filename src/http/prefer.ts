import type { Request } from 'express';
import { HeraldError } from '../errors';

/** How a publisher wants its answer (RFC 7240). */
export interface Preferences {
  readonly respondAsync: boolean;
  /** How long to wait for outcomes, in milliseconds; undefined: as long as it takes. */
  readonly waitMs?: number;
  /** What is honoured, for `Preference-Applied`; empty when nothing is. */
  readonly applied: string;
}

const NO_PREFERENCES: Preferences = { respondAsync: false, applied: '' };
/** What an idempotency key may be, without its quotes. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Preferences that are not known, or make no sense, are ignored (RFC 7240 §2). */
export function preferencesOf(req: Request): Preferences {
  const header = req.get('prefer');
  if (header === undefined) return NO_PREFERENCES;
  const given = header.split(/[,;]/).map((one) => one.trim().toLowerCase());
  const wait = given.map((one) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(one)?.[1]).find((it) => it !== undefined);
  if (wait !== undefined) {
    return { respondAsync: false, waitMs: Number(wait) * 1000, applied: `wait=${wait}` };
  }
  const respondAsync = given.includes('respond-async');
  return { respondAsync, applied: respondAsync ? 'respond-async' : '' };
}

/**
 * The request's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a text in quotes, as the draft has it, or
 * bare, as most send it. Undefined when there is none.
 *
 * @throws HeraldError `invalid_header`
 */
export function idempotencyKeyOf(req: Request): string | undefined {
  const header = req.get('idempotency-key')?.trim();
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (IDEMPOTENCY_KEY.test(key)) return key;
  throw new HeraldError(
    'invalid_header',
    'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces',
  );
}
