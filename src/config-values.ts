import { z } from 'zod';
import { parseUrl } from './parse-url';

/** What is wrong with a variable of the environment. */
export interface ConfigFault {
  readonly variable: string;
  readonly message: string;
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
  const { username, password } = parseUrl(text) ?? { username: '', password: '' };
  return username === '' && password === '';
}
