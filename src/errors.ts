/** Every error code that a client can see, with its HTTP status. One row here, one row in docs/errors.md; a test compares them. */
export const ERROR_CODES = {
  invalid_cursor: 400,
  invalid_header: 400,
  invalid_query: 400,
  invalid_topic: 400,
  invalid_url: 400,
  invalid_body: 400,
  invalid_json: 400,
  invalid_path: 400,
  invalid_request: 400,
  empty_body: 400,
  unauthorized: 401,
  forbidden: 403,
  route_not_found: 404,
  topic_not_found: 404,
  subscription_not_found: 404,
  subscriber_not_found: 404,
  message_not_found: 404,
  method_not_allowed: 405,
  idempotency_key_reused: 409,
  too_many_subscriptions: 409,
  message_too_large: 413,
  batch_too_large: 413,
  unsupported_media_type: 415,
  blocked_address: 422,
  too_many_hops: 422,
  verification_failed: 422,
  rate_limited: 429,
  internal: 500,
  auth_unavailable: 503,
  event_toggled_off: 503,
  overloaded: 503,
  shutting_down: 503,
  store_unavailable: 503,
  too_many_tails: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where a request is at fault: the field's path in the body, and what to change. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** An error meant for the client: its message says what to change. Anything else thrown is a bug and becomes `internal`. */
export class HeraldError extends Error {
  override readonly name = 'HeraldError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly faults: readonly FieldFault[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get status(): number {
    return ERROR_CODES[this.code];
  }
}

/** The store could not do what was asked. Nothing that it acknowledged before is lost; asking again is safe. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** A purge failed when it had deleted some copies. */
export class PurgeInterruptedError extends StoreUnavailableError {
  /** @param purged how many were deleted */
  constructor(
    readonly purged: number,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** The program cannot start. The message is one line that names the cause and the remedy, for the operator. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
