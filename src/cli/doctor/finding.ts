import { StartupError, StoreUnavailableError } from '../../errors';

/** What one check came to. */
export interface Finding {
  readonly check: string;
  /** `unknown`: it could not be checked, which is no fault. */
  readonly state: 'ok' | 'fault' | 'unknown';
  /** What was found; of a fault, with its remedy. */
  readonly message: string;
}

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message };
}

export function fault(check: string, message: string): Finding {
  return { check, state: 'fault', message };
}

export function unknown(check: string, message: string): Finding {
  return { check, state: 'unknown', message };
}

/** A fault out of an error that is meant for the operator. @throws any other error */
export function faultOf(check: string, error: unknown): Finding {
  if (error instanceof StartupError || error instanceof StoreUnavailableError)
    return fault(check, error.message);
  throw error;
}
