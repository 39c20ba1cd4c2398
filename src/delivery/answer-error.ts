/**
 * `ANSWER_MALFORMED`: what came is not HTTP/1.1. `ANSWER_CUT_OFF`: the connection ended before the answer did.
 * `ANSWER_HEAD_TOO_LARGE`: so did the limit of what is read of headers or trailers.
 */
export type AnswerErrorCode = 'ANSWER_MALFORMED' | 'ANSWER_CUT_OFF' | 'ANSWER_HEAD_TOO_LARGE';

/** There is no answer, or not all of it, and it is the other side's doing. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';

  constructor(
    readonly code: AnswerErrorCode,
    message: string,
  ) {
    super(message);
  }
}
