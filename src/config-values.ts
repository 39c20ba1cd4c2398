import { z } from 'zod';
import { familyOf } from './address-class';
import { hasCredentials, parseUrl } from './parse-url';

/** What is wrong with a variable of the environment. */
export interface ConfigFault {
  readonly variable: string;
  readonly message: string;
}

/** What must hold between variables that are right one by one. */
export interface ConfigRule<Values> {
  /** The one that is at fault when it does not hold. */
  readonly variable: keyof Values & string;
  /** All that it looks at: when one of them is wrong by itself, there is nothing to say. */
  readonly reads: readonly (keyof Values & string)[];
  /** What is wrong, or null. No fault holds a secret. */
  readonly faultOf: (values: Values) => string | null;
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** A whole number within bounds, as the environment has it: text. */
export function wholeNumber(min: number, max: number) {
  const text = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, text)
    .transform(Number)
    .refine((value) => value >= min && value <= max, text);
}

/** An address or a name, as a program listens on; as in a URL, too, where an IPv6 address is in brackets. */
export const host = z
  .string()
  .transform((text) => text.replace(/^\[(.*)\]$/, '$1'))
  .refine(
    (text) => familyOf(text) !== null || /^[^\s/:@?#[\]\\%*]+$/.test(text),
    'must be an address or a name, without scheme and port',
  );

/** The name of a DynamoDB table. */
export const tableName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{3,255}$/, 'must be 3 to 255 letters, digits and _ . -');

/** An absolute http or https URL without user name and password, which would end up in logs and messages. */
export function httpUrl(error = 'must be an absolute http or https URL') {
  return z
    .url({ protocol: /^https?$/, error })
    .refine(hasNoCredentials, 'must have no user name and no password');
}

function hasNoCredentials(text: string): boolean {
  // What is no URL is a fault already, and one is enough.
  const url = parseUrl(text);
  return url === null || !hasCredentials(url);
}
