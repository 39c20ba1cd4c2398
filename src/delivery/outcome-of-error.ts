import { getSystemErrorMap, types } from 'node:util';
import type { AttemptOutcome } from './push-client';

const OUTCOME_OF_CODE = new Map<string, AttemptOutcome>([
  // No connection could be made, whoever said no on the way.
  ['ECONNREFUSED', 'connection_refused'],
  ['EHOSTUNREACH', 'connection_refused'],
  ['EHOSTDOWN', 'connection_refused'],
  ['ENETUNREACH', 'connection_refused'],
  ['ENETDOWN', 'connection_refused'],
  ['EADDRNOTAVAIL', 'connection_refused'],
  ['EACCES', 'connection_refused'],
  ['EPERM', 'connection_refused'],
  ['EINVAL', 'connection_refused'],
  ['EAFNOSUPPORT', 'connection_refused'],
  // This process is out of descriptors or memory, which no push is blamed for (`shortageIn`), but the question for consent is.
  ['EMFILE', 'connection_refused'],
  ['ENFILE', 'connection_refused'],
  ['ENOBUFS', 'connection_refused'],
  ['ENOMEM', 'connection_refused'],

  ['ETIMEDOUT', 'timeout'],

  ['EBLOCKED', 'blocked_address'],

  ['ENOTFOUND', 'dns_error'],
  ['ENODATA', 'dns_error'],
  ['ESERVFAIL', 'dns_error'],

  ['EPROTO', 'tls_error'],
  // The X.509 verification codes of OpenSSL as Node names them.
  ['UNABLE_TO_GET_ISSUER_CERT', 'tls_error'],
  ['UNABLE_TO_GET_CRL', 'tls_error'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'tls_error'],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'tls_error'],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'tls_error'],
  ['CERT_SIGNATURE_FAILURE', 'tls_error'],
  ['CRL_SIGNATURE_FAILURE', 'tls_error'],
  ['CERT_NOT_YET_VALID', 'tls_error'],
  ['CERT_HAS_EXPIRED', 'tls_error'],
  ['CRL_NOT_YET_VALID', 'tls_error'],
  ['CRL_HAS_EXPIRED', 'tls_error'],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'tls_error'],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', 'tls_error'],
  ['ERROR_IN_CRL_LAST_UPDATE_FIELD', 'tls_error'],
  ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'tls_error'],
  ['OUT_OF_MEM', 'tls_error'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_error'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_error'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls_error'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_error'],
  ['CERT_CHAIN_TOO_LONG', 'tls_error'],
  ['CERT_REVOKED', 'tls_error'],
  ['INVALID_CA', 'tls_error'],
  ['PATH_LENGTH_EXCEEDED', 'tls_error'],
  ['INVALID_PURPOSE', 'tls_error'],
  ['CERT_UNTRUSTED', 'tls_error'],
  ['CERT_REJECTED', 'tls_error'],
  ['HOSTNAME_MISMATCH', 'tls_error'],
  ['UNSPECIFIED', 'tls_error'],

  ['ANSWER_HEAD_TOO_LARGE', 'response_too_large'],

  ['ANSWER_CUT_OFF', 'connection_reset'],
  ['ANSWER_MALFORMED', 'connection_reset'],
]);

const OUTCOME_OF_PREFIX: readonly (readonly [prefix: string, outcome: AttemptOutcome])[] = [
  ['ERR_TLS_', 'tls_error'],
  ['ERR_SSL_', 'tls_error'],
  ['EAI_', 'dns_error'],
];

const SYSTEM_CODES = new Set(Array.from(getSystemErrorMap().values(), ([code]) => code));

/** A chain of causes longer than this is cyclic. */
const MAX_DEPTH = 8;

/**
 * What an error of the network or of the subscriber's answer means, by its code, its causes' and its parts' (several
 * addresses of one name, each with its own error). Never by its text.
 *
 * @returns null for anything else: that is a mistake of this program
 */
export function outcomeOfError(error: unknown, depth = 0): AttemptOutcome | null {
  if (!types.isNativeError(error) || depth > MAX_DEPTH) return null;
  if ('errors' in error && Array.isArray(error.errors)) {
    const outcome = outcomeOfParts(error.errors, depth);
    if (outcome) return outcome;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return outcomeOfCode(code) ?? outcomeOfError(error.cause, depth + 1);
}

/** A refusal was answered, so that the address is alive; silence of another address says less. */
function outcomeOfParts(errors: readonly unknown[], depth: number): AttemptOutcome | null {
  const outcomes = errors.map((error) => outcomeOfError(error, depth + 1)).filter((it) => it !== null);
  return outcomes.find((it) => it !== 'timeout') ?? outcomes[0] ?? null;
}

function outcomeOfCode(code: string): AttemptOutcome | null {
  const outcome =
    OUTCOME_OF_CODE.get(code) ?? OUTCOME_OF_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (outcome) return outcome;
  // Whatever else a socket can report: ECONNRESET, EPIPE, ECONNABORTED and rarer ones.
  return SYSTEM_CODES.has(code) ? 'connection_reset' : null;
}
