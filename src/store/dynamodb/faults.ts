import { StoreUnavailableError } from '../../errors';

const CONDITION_FAILED = 'ConditionalCheckFailedException';

/** Faults that pass by themselves: DynamoDB's own names for "slow down" and "try again". */
const TRANSIENT_NAMES = new Set([
  'InternalServerError',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What the SDK throws where an answer is cut off, or is no JSON. */
const UNREADABLE_NAMES = new Set(['SerializationError', 'SyntaxError', 'UnreadableAnswerError']);

/** What is said where the machine's clock is minutes off: as a name, or in the message of one that has other reasons, too. */
const SKEW_NAMES = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']);
const SIGNATURE_NAME = 'InvalidSignatureException';
const SKEW_MESSAGE = /signature (not yet current|expired)/i;

const TOO_MANY_REQUESTS = 429;

/** Where these are the fault, the request never reached DynamoDB. */
const UNREACHED_CODES = new Set(['EAI_AGAIN', 'ECONNREFUSED', 'ENOTFOUND']);

/** One attempt had no answer in time. What it asked for may still have been done. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';

  /** @param isCutShort it was given less time than others, since the operation's deadline was near */
  constructor(
    message: string,
    readonly isCutShort = false,
  ) {
    super(message);
  }
}

/** What came for an answer is none of DynamoDB's. */
export class UnreadableAnswerError extends Error {
  override readonly name = 'UnreadableAnswerError';
}

/** A condition did not hold, perhaps because an attempt before, whose answer was lost, did what was asked. */
export class ConditionAfterLostAnswerError extends Error {
  override readonly name = CONDITION_FAILED;
}

/** Whether the request never got an answer, as far as can be told. */
export function isNetworkFault(error: unknown): boolean {
  if (error instanceof AttemptTimeoutError || nameOf(error) === 'TimeoutError') return true;
  return NETWORK_CODES.has(codeOf(error));
}

/** Whether the request was refused since the machine's clock is off. From then on the SDK goes by the time in the answer. */
export function isClockSkew(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return SKEW_NAMES.has(error.name) || (error.name === SIGNATURE_NAME && SKEW_MESSAGE.test(error.message));
}

/** Whether the same request may well succeed in a moment. */
export function isTransient(error: unknown): boolean {
  if (isNetworkFault(error) || TRANSIENT_NAMES.has(nameOf(error)) || isUnreadable(error)) return true;
  if (isClockSkew(error)) return true;
  const status = statusOf(error);
  return status === TOO_MANY_REQUESTS || status >= 500;
}

/** Whether what was asked for may have been done all the same. */
export function isAnswerLost(error: unknown): boolean {
  if (isNetworkFault(error)) return !UNREACHED_CODES.has(codeOf(error));
  return nameOf(error) === 'InternalServerError' || isUnreadable(error) || statusOf(error) >= 500;
}

/** Whether a condition of the request did not hold. */
export function isConditionFailure(error: unknown): boolean {
  return nameOf(error) === CONDITION_FAILED;
}

/** The error's own class, such as `ResourceNotFoundException`; empty for what is not an error. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Node's code of a network fault, such as `ECONNREFUSED`; empty when there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** One line on what went wrong. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError of several addresses has no message of its own.
  // One line: the SDK adds some for its developers to what it could not read, and a proxy's own answer may have many.
  const [message = ''] = error.message.split('\n', 1);
  return [error.name, message === '' ? codeOf(error) : message].filter(Boolean).join(': ');
}

/** The same fault in the port's terms, with the original as its cause. */
export function storeUnavailable(action: string, error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  return new StoreUnavailableError(`DynamoDB could not ${action}: ${describeFault(error)}`, { cause: error });
}

/** Whether something came that may stand for success, and is none of DynamoDB's answers. */
function isUnreadable(error: unknown): boolean {
  const status = statusOf(error);
  const isRefused = status >= 400 && status < 500;
  return UNREADABLE_NAMES.has(nameOf(error)) && !isRefused;
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const metadata = error.$metadata as { httpStatusCode?: number } | undefined;
  return metadata?.httpStatusCode ?? 0;
}
