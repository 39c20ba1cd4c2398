import { z } from 'zod';

/** A whole number within bounds, as the environment has it: text. */
export function wholeNumber(min: number, max: number) {
  const text = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, text)
    .transform(Number)
    .refine((value) => value >= min && value <= max, text);
}
