import { errors } from 'undici';
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
    ['UND_ERR_SOCKET', 'connection_reset'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'connection_reset'],
    ['ERR_ASSERTION', 'connection_reset'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['ENOTFOUND', 'dns_error'],
    ['EAI_AGAIN', 'dns_error'],
    ['EAI_FAIL', 'dns_error'],
    ['ESERVFAIL', 'dns_error'],
    ['EPROTO', 'tls_error'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_error'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_error'],
    ['CERT_HAS_EXPIRED', 'tls_error'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_error'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_error'],
    ['UND_ERR_HEADERS_OVERFLOW', 'response_too_large'],
  ])('%s is %s', (code, outcome) => {
    expect(outcomeOfError(withCode(code))).toBe(outcome);
  });

  it('is connection_reset for what is not HTTP', () => {
    expect(outcomeOfError(new errors.HTTPParserError())).toBe('connection_reset');
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
    ['a request that cannot be made', withCode('UND_ERR_INVALID_ARG')],
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
