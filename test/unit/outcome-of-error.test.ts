import { AnswerError } from '../../src/delivery/answer-error';
import { outcomeOfError } from '../../src/delivery/outcome-of-error';

const withCode = (code: string, options?: ErrorOptions) =>
  Object.assign(new Error('some text', options), { code });

describe('outcomeOfError', () => {
  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['EHOSTUNREACH', 'connection_refused'],
    ['ENETUNREACH', 'connection_refused'],
    ['EMFILE', 'connection_refused'],
    ['ECONNRESET', 'connection_reset'],
    ['EPIPE', 'connection_reset'],
    ['ECONNABORTED', 'connection_reset'],
    ['ETIMEDOUT', 'timeout'],
    ['ENOTFOUND', 'dns_error'],
    ['EBLOCKED', 'blocked_address'],
    ['EAI_AGAIN', 'dns_error'],
    ['EAI_FAIL', 'dns_error'],
    ['ESERVFAIL', 'dns_error'],
    ['EPROTO', 'tls_error'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_error'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_error'],
    ['CERT_HAS_EXPIRED', 'tls_error'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_error'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_error'],
  ])('%s is %s', (code, outcome) => {
    expect(outcomeOfError(withCode(code))).toBe(outcome);
  });

  it.each([
    ['ANSWER_MALFORMED', 'connection_reset'],
    ['ANSWER_CUT_OFF', 'connection_reset'],
    ['ANSWER_HEAD_TOO_LARGE', 'response_too_large'],
  ] as const)('%s is %s', (code, outcome) => {
    expect(outcomeOfError(new AnswerError(code, 'some text'))).toBe(outcome);
  });

  it('looks into the cause', () => {
    const error = new Error('outer', { cause: withCode('ERR_BAD', { cause: withCode('ENOTFOUND') }) });
    expect(outcomeOfError(error)).toBe('dns_error');
  });

  it('is the same for all addresses of a name when they agree', () => {
    const parts = [withCode('ECONNREFUSED'), withCode('ENETUNREACH')];
    expect(outcomeOfError(new AggregateError(parts))).toBe('connection_refused');
  });

  it('prefers what one address answered to the silence of another', () => {
    const parts = [withCode('ETIMEDOUT'), withCode('ECONNREFUSED')];
    expect(outcomeOfError(Object.assign(new AggregateError(parts), { code: 'ETIMEDOUT' }))).toBe(
      'connection_refused',
    );
  });

  it('falls back to the code of an aggregate without parts', () => {
    expect(outcomeOfError(Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' }))).toBe('timeout');
  });

  it('does not read the text', () => {
    expect(outcomeOfError(new Error('connect ECONNREFUSED 127.0.0.1:80'))).toBeNull();
  });

  it.each([
    ['a mistake of this program', new TypeError('x is not a function')],
    ['a request that cannot be made', withCode('ERR_INVALID_ARG_TYPE')],
    ['what is no error', 'ECONNREFUSED'],
  ])('does not know %s', (_, error) => {
    expect(outcomeOfError(error)).toBeNull();
  });

  it('ends on a cycle of causes', () => {
    const error = new Error('outer');
    error.cause = error;
    expect(outcomeOfError(error)).toBeNull();
  });
});
