import { decodeSecret } from '../delivery/signature';
import { type Io, UsageError } from './io';

/**
 * Checks a signing secret that was given as the option `--secret`.
 *
 * @throws UsageError, and not commander's own error, which would show it
 */
export function secretOption(text: string): string {
  return checked('--secret', text);
}

/** The secret of the environment. @throws UsageError */
export function secretIn({ HERALD_SECRET: secret }: Io['env']): string | undefined {
  return secret === undefined || secret === '' ? undefined : checked('HERALD_SECRET', secret);
}

function checked(name: string, secret: string): string {
  try {
    decodeSecret(secret);
    return secret;
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
