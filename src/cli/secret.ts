import { InvalidArgumentError } from 'commander';
import { decodeSecret } from '../delivery/signature';
import { type Io, UsageError } from './io';

/**
 * Checks a signing secret that was given as an option.
 *
 * @throws InvalidArgumentError
 */
export function secretOption(text: string): string {
  try {
    decodeSecret(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
}

/** The secret of the environment. @throws UsageError */
export function secretIn({ HERALD_SECRET: secret }: Io['env']): string | undefined {
  if (secret === undefined || secret === '') return undefined;
  try {
    return secretOption(secret);
  } catch (error) {
    throw new UsageError(`HERALD_SECRET: ${error instanceof Error ? error.message : String(error)}`);
  }
}
