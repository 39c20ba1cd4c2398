import { StartupError } from '../../errors';
import { describeFault, isClockSkew, isNetworkFault, nameOf } from './faults';

const REFUSALS = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

/**
 * What keeps DynamoDB from being used at all, as one line with its remedy.
 *
 * @param place the endpoint or the region
 */
export function startupError(place: string, cause: unknown): StartupError {
  const fault = describeFault(cause);
  if (isNetworkFault(cause)) {
    return new StartupError(
      `DynamoDB cannot be reached at ${place}: check DYNAMODB_ENDPOINT and AWS_REGION (${fault})`,
      {
        cause,
      },
    );
  }
  if (isClockSkew(cause)) {
    return new StartupError(
      `DynamoDB at ${place} says that this machine's clock is off: set it, and keep it right with NTP (${fault})`,
      { cause },
    );
  }
  if (REFUSALS.has(nameOf(cause))) {
    return new StartupError(
      `DynamoDB at ${place} refuses these credentials: check them and their IAM policy, see docs/dynamodb.md (${fault})`,
      { cause },
    );
  }
  return new StartupError(`DynamoDB at ${place} cannot be used: ${fault}`, { cause });
}
