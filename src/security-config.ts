import { z } from 'zod';
import { familyOf, isLoopbackHost } from './address-class';
import { type ConfigRule, httpUrl, oneOf, tableName, wholeNumber } from './config-values';
import { PushAllowList } from './delivery/push-allow';
import { parseUrl } from './parse-url';

/** Where the keys come from that tokens are verified with. */
export type JwtKeys =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string };

export interface JwtConfig {
  readonly kind: 'jwt';
  readonly keys: JwtKeys;
  /** What `iss` has to be; not looked at when absent. */
  readonly issuer?: string;
  /** What `aud` has to be or to hold; not looked at when absent. */
  readonly audience?: string;
}

/** A limit on callers. */
export interface CallerLimit {
  readonly max: number;
  /** A caller on this machine is limited only by what the operator set. */
  readonly includesLoopback: boolean;
}

/** Null is no limit. */
export interface CallerLimits {
  readonly requestsPerSecond: CallerLimit | null;
  readonly publishesPerMinute: CallerLimit | null;
  readonly authFailures: CallerLimit | null;
}

/** Who may do what, and where pushes may go. */
export interface SecurityConfig {
  readonly auth: { readonly kind: 'none' } | JwtConfig;
  readonly pushPrivateNetworks: 'allow' | 'deny';
  /** For PushAllowList, which takes it. */
  readonly pushAllow: string;
  readonly verifySubscribers: boolean;
  /** Express's `trust proxy`: how many proxies stand in front, or the addresses that they have. */
  readonly trustProxy: false | number | readonly string[];
  readonly callerLimits: CallerLimits;
  /** The DynamoDB table that they are counted in; in memory when absent. */
  readonly limitsTable?: string;
  readonly maxSubscriptionsPerTopic: number | null;
  readonly maxTopicsPerSubscriber: number | null;
  /** Open at once; more are refused. */
  readonly maxConnections: number;
}

const MIN_SECRET_BYTES = 32;
const KEY_SOURCES = ['JWT_SECRET', 'JWKS_URL', 'JWKS_FILE'] as const;
const PROXY_NAMES: readonly string[] = ['loopback', 'linklocal', 'uniquelocal'];
const DEFAULTS = {
  requestsPerSecond: 100,
  publishesPerMinute: 6000,
  authFailures: 10,
  subscriptionsPerTopic: 10_000,
  topicsPerSubscriber: 1000,
} as const;

/** Each entry that is wrong is a fault. */
const pushAllow = z.string().superRefine((text, context) => {
  for (const entry of text.split(',')) {
    try {
      new PushAllowList(entry);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  }
});

const trustProxy = z
  .string()
  .transform((text) => (/^\d{1,2}$/.test(text) ? Number(text) : text.split(',').map((entry) => entry.trim())))
  .refine(
    (value) => typeof value === 'number' || value.every(isProxyEntry),
    'must be the number of proxies in front, or a list of their addresses and ranges, separated by commas',
  );

/** One entry per variable in .env.example, in the same order. Defaults that depend on others are in `securityConfig`. */
export const SECURITY_VARIABLES = {
  AUTH: oneOf(['none', 'jwt']).default('none'),
  JWT_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES,
      `must have at least ${MIN_SECRET_BYTES} bytes; make one with: openssl rand -base64 32`,
    )
    .optional(),
  JWKS_URL: httpUrl('must be an absolute https URL')
    .refine(isConfidential, 'must start with https:// unless it leads to this machine')
    .optional(),
  JWKS_FILE: z.string().optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  ALLOW_UNAUTHENTICATED: oneOf(['true', 'false']).default('false'),
  PUSH_PRIVATE_NETWORKS: oneOf(['allow', 'deny']).optional(),
  PUSH_ALLOW: pushAllow.optional(),
  VERIFY_SUBSCRIBERS: oneOf(['off', 'on']).optional(),
  TRUST_PROXY: trustProxy.optional(),
  RATE_LIMIT_REQUESTS_PER_SECOND: wholeNumber(0, 1_000_000).optional(),
  RATE_LIMIT_PUBLISHES_PER_MINUTE: wholeNumber(0, 100_000_000).optional(),
  RATE_LIMIT_AUTH_FAILURES: wholeNumber(0, 1_000_000).optional(),
  RATE_LIMIT_TABLE_NAME: tableName.optional(),
  MAX_SUBSCRIPTIONS_PER_TOPIC: wholeNumber(0, 100_000_000).optional(),
  MAX_TOPICS_PER_SUBSCRIBER: wholeNumber(0, 100_000_000).optional(),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(10_000),
};

type SecurityValues = z.output<z.ZodObject<typeof SECURITY_VARIABLES>>;

export const SECURITY_RULES: readonly ConfigRule<SecurityValues & { readonly HOST: string }>[] = [
  {
    variable: 'HOST',
    reads: ['HOST', 'AUTH', 'ALLOW_UNAUTHENTICATED'],
    faultOf: ({ HOST, AUTH, ALLOW_UNAUTHENTICATED }) =>
      AUTH === 'jwt' || isLoopbackHost(HOST) || ALLOW_UNAUTHENTICATED === 'true'
        ? null
        : `${HOST} can be reached from other machines, and requests are not authenticated; ` +
          'set AUTH=jwt, or HOST=127.0.0.1, or ALLOW_UNAUTHENTICATED=true if a network that you trust is all that reaches it',
  },
  { variable: 'AUTH', reads: ['AUTH', ...KEY_SOURCES], faultOf: keysFault },
];

function keysFault(values: SecurityValues): string | null {
  const sources = KEY_SOURCES.filter((name) => values[name] !== undefined);
  if (values.AUTH === 'none') {
    return sources.length > 0 ? `${sources.join(', ')} is set, but not used; set AUTH=jwt` : null;
  }
  if (sources.length === 0) {
    return 'jwt needs keys to verify tokens with; set one of JWT_SECRET, JWKS_URL and JWKS_FILE';
  }
  return sources.length === 1
    ? null
    : `jwt takes its keys from one place; set only one of ${sources.join(', ')}`;
}

/** To be called when SECURITY_RULES hold. */
export function securityConfig(values: SecurityValues, host: string): SecurityConfig {
  const isLocal = isLoopbackHost(host);
  // A server that only this machine reaches is not limited unless that is asked for.
  const bound = (set: number | undefined, otherwise: number) => set ?? (isLocal ? 0 : otherwise);
  return {
    auth: authConfig(values),
    pushPrivateNetworks: values.PUSH_PRIVATE_NETWORKS ?? (isLocal ? 'allow' : 'deny'),
    pushAllow: values.PUSH_ALLOW ?? '',
    verifySubscribers: (values.VERIFY_SUBSCRIBERS ?? (values.AUTH === 'jwt' ? 'on' : 'off')) === 'on',
    trustProxy: values.TRUST_PROXY ?? false,
    callerLimits: {
      requestsPerSecond: callerLimit(values.RATE_LIMIT_REQUESTS_PER_SECOND, DEFAULTS.requestsPerSecond),
      publishesPerMinute: callerLimit(values.RATE_LIMIT_PUBLISHES_PER_MINUTE, DEFAULTS.publishesPerMinute),
      authFailures: callerLimit(values.RATE_LIMIT_AUTH_FAILURES, DEFAULTS.authFailures),
    },
    ...(values.RATE_LIMIT_TABLE_NAME !== undefined && { limitsTable: values.RATE_LIMIT_TABLE_NAME }),
    maxSubscriptionsPerTopic:
      bound(values.MAX_SUBSCRIPTIONS_PER_TOPIC, DEFAULTS.subscriptionsPerTopic) || null,
    maxConnections: values.MAX_CONNECTIONS,
    maxTopicsPerSubscriber: bound(values.MAX_TOPICS_PER_SUBSCRIBER, DEFAULTS.topicsPerSubscriber) || null,
  };
}

function authConfig(values: SecurityValues): SecurityConfig['auth'] {
  if (values.AUTH === 'none') return { kind: 'none' };
  return {
    kind: 'jwt',
    keys: jwtKeys(values),
    ...(values.JWT_ISSUER !== undefined && { issuer: values.JWT_ISSUER }),
    ...(values.JWT_AUDIENCE !== undefined && { audience: values.JWT_AUDIENCE }),
  };
}

function jwtKeys({ JWT_SECRET: secret, JWKS_URL: url, JWKS_FILE: path }: SecurityValues): JwtKeys {
  if (secret !== undefined) return { kind: 'secret', secret };
  if (url !== undefined) return { kind: 'url', url };
  if (path !== undefined) return { kind: 'file', path };
  throw new Error('AUTH=jwt without keys');
}

/** 0 is no limit. */
function callerLimit(set: number | undefined, otherwise: number): CallerLimit | null {
  if (set === 0) return null;
  return { max: set ?? otherwise, includesLoopback: set !== undefined };
}

/** Who can change keys on their way can make tokens. */
function isConfidential(url: string): boolean {
  // What is no URL is a fault already, and one is enough.
  const parsed = parseUrl(url);
  if (!parsed) return true;
  const { protocol, hostname } = parsed;
  return protocol === 'https:' || isLoopbackHost(hostname.replace(/^\[(.*)\]$/, '$1'));
}

function isProxyEntry(entry: string): boolean {
  const [address = '', prefix, ...more] = entry.split('/');
  const family = familyOf(address);
  if (family === null) return PROXY_NAMES.includes(entry);
  if (prefix === undefined) return true;
  return more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv4' ? 32 : 128);
}
