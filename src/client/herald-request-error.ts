/** Where a request is at fault: the field's path in the body, and what to change. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** What is known of a failed request besides its message. */
export interface RequestFault {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** One of the server's error codes, or `unreachable`, or `unexpected_answer` when what answered is not the server. */
  readonly code: string;
  readonly errors?: readonly FieldFault[];
  /** How long to wait before asking again, when the server says so. */
  readonly retryAfterSeconds?: number;
  /** The whole answer, parsed: a publish that could not be stored says here what became of it, subscriber by subscriber. */
  readonly answer?: unknown;
}

/** A request that failed. The message says why, and for what the caller can change, what to change. */
export class HeraldRequestError extends Error {
  override readonly name = 'HeraldRequestError';
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldFault[];
  readonly retryAfterSeconds: number | undefined;
  readonly answer: unknown;

  constructor(message: string, fault: RequestFault, options?: ErrorOptions) {
    super(message, options);
    this.status = fault.status;
    this.code = fault.code;
    this.errors = fault.errors ?? [];
    this.retryAfterSeconds = fault.retryAfterSeconds;
    this.answer = fault.answer;
  }

  /** Whether the same request may succeed later: the server was not reached, is overloaded, or is not able to serve. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}
