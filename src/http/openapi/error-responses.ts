import { ERROR_CODES, type ErrorCode } from '../../errors';
import type { HeaderObject, Reference, ResponseObject } from './document-types';
import { ERROR_TEXTS } from './error-texts';
import type { HeaderName, Operation } from './operation';
import { errorOf } from './schemas/errors';

const text = { type: 'string' } as const;

/** The headers that answers have. */
export const HEADERS: Readonly<Record<HeaderName | CommonHeader, HeaderObject>> = {
  Allow: { description: 'The methods that the path has.', required: true, schema: text },
  'Content-Security-Policy': { description: 'Nothing but the page itself.', required: true, schema: text },
  'Idempotency-Replayed': {
    description: '`true`: the answer of an earlier publish with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Preference-Applied': { description: 'What of `Prefer` was honoured.', schema: text },
  RateLimit: {
    description:
      'What is left of each limit that applied, and for how many seconds; in every answer to a caller that is limited.',
    schema: text,
  },
  'Retry-After': {
    description: 'In how many seconds to send the request again.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': {
    description: 'What is wrong with the token, or which scope is missing (RFC 6750).',
    required: true,
    schema: text,
  },
  'WebHook-Allowed-Origin': { description: 'Who may push.', schema: text },
  'WebHook-Allowed-Rate': { description: 'How often: `*` is as often as it likes.', schema: text },
};

type CommonHeader = 'Allow' | 'RateLimit' | 'Retry-After' | 'WWW-Authenticate';

const HEADERS_BY_STATUS: Readonly<Record<number, readonly CommonHeader[]>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  405: ['Allow'],
  429: ['Retry-After', 'RateLimit'],
  503: ['Retry-After'],
};

/** Answers that are the same wherever they come. */
export const SHARED_RESPONSES: Readonly<Record<string, ResponseObject>> = {
  InvalidRequest: responseOf(['invalid_request', 'invalid_path']),
  Unauthorized: responseOf(['unauthorized']),
  Forbidden: responseOf(['forbidden']),
  RouteNotFound: responseOf(['route_not_found']),
  MethodNotAllowed: responseOf(['method_not_allowed']),
  RateLimited: responseOf(['rate_limited']),
  Internal: responseOf(['internal']),
  Unavailable: responseOf(['auth_unavailable', 'shutting_down']),
  Options: { description: 'The answer to `OPTIONS`.', headers: headersOf(['Allow']) },
};

const SHARED_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'RateLimited',
  500: 'Internal',
};

/** Every error that an operation can be answered, by status. */
export function errorResponses(operation: Operation): Readonly<Record<string, ResponseObject | Reference>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    if (!errorsOf(operation).has(code)) continue;
    byStatus.set(ERROR_CODES[code], [...(byStatus.get(ERROR_CODES[code]) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const shared = SHARED_BY_STATUS[status];
      return [status, shared ? { $ref: `#/components/responses/${shared}` } : responseOf(codes)];
    }),
  );
}

/** References to headers of the document. */
export function headersOf(
  names: readonly (HeaderName | CommonHeader)[],
): Readonly<Record<string, Reference>> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function responseOf(codes: readonly ErrorCode[]): ResponseObject {
  const status = codes[0] ? ERROR_CODES[codes[0]] : 500;
  const headers = HEADERS_BY_STATUS[status];
  return {
    description: codes.map((code) => `\`${code}\`: ${ERROR_TEXTS[code]}`).join('\n\n'),
    ...(headers && { headers: headersOf(headers) }),
    content: { 'application/json': { schema: errorOf(codes) } },
  };
}

/** Those of the route, and those that come with what it takes. */
function errorsOf({
  access,
  body,
  parameters = [],
  errors = [],
  ...rest
}: Operation): ReadonlySet<ErrorCode> {
  const codes = new Set<ErrorCode>([...errors, 'invalid_request', 'rate_limited', 'internal']);
  const add = (...more: readonly ErrorCode[]) => more.forEach((code) => codes.add(code));
  if (!rest.isAlwaysServed) add('shutting_down');
  if (access.some(({ bearer }) => bearer)) add('unauthorized', 'forbidden', 'auth_unavailable');
  if (access.some(({ signedPush }) => signedPush)) add('unauthorized');
  if (rest.path.includes(':topic')) add('invalid_topic', 'invalid_path');
  if (parameters.some((it) => it.in === 'query' && it.name === 'url')) add('invalid_query', 'invalid_url');
  if (body) {
    add('empty_body', 'invalid_json', 'unsupported_media_type', 'message_too_large');
    if (Object.values(body.content).some(({ schema }) => schema.type === 'object' || schema.type === 'union'))
      add('invalid_body');
  }
  return codes;
}
