import { loadConfig } from '../../src/config';
import { StartupError } from '../../src/errors';
import { JWT_SECRET } from '../support/tokens';

type Environment = Readonly<Record<string, string>>;

const security = (env: Environment) => loadConfig(env).security;

function faultsOf(env: Environment): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof StartupError) return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

const PUBLIC = { HOST: '0.0.0.0', AUTH: 'jwt', JWT_SECRET };

describe('the start without authentication', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('is possible on %s', (HOST) => {
    expect(faultsOf({ HOST })).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', '10.0.0.1', 'hub.example.com', '128.0.0.1'])(
    'is refused on %s, with the remedy',
    (HOST) => {
      expect(faultsOf({ HOST })).toEqual([
        `  HOST: ${HOST} can be reached from other machines, and requests are not authenticated; ` +
          'set AUTH=jwt, or HOST=127.0.0.1, or ALLOW_UNAUTHENTICATED=true if a network that you trust is all that reaches it',
      ]);
      expect(faultsOf({ HOST, ALLOW_UNAUTHENTICATED: 'false' })).toHaveLength(1);
      expect(faultsOf({ HOST, ALLOW_UNAUTHENTICATED: 'true' })).toEqual([]);
      expect(faultsOf({ HOST, AUTH: 'jwt', JWT_SECRET })).toEqual([]);
    },
  );
});

describe('AUTH=jwt', () => {
  it('takes its keys from a secret, a URL or a file', () => {
    expect(security({ AUTH: 'jwt', JWT_SECRET }).auth).toEqual({
      kind: 'jwt',
      keys: { kind: 'secret', secret: JWT_SECRET },
    });
    const url = 'https://id.example.com/.well-known/jwks.json';
    expect(
      security({ AUTH: 'jwt', JWKS_URL: url, JWT_ISSUER: 'https://id.example.com/', JWT_AUDIENCE: 'herald' })
        .auth,
    ).toEqual({
      kind: 'jwt',
      keys: { kind: 'url', url },
      issuer: 'https://id.example.com/',
      audience: 'herald',
    });
    expect(security({ AUTH: 'jwt', JWKS_FILE: './jwks.json' }).auth).toEqual({
      kind: 'jwt',
      keys: { kind: 'file', path: './jwks.json' },
    });
  });

  it('needs keys, from one place', () => {
    expect(faultsOf({ AUTH: 'jwt' })).toEqual([
      '  AUTH: jwt needs keys to verify tokens with; set one of JWT_SECRET, JWKS_URL and JWKS_FILE',
    ]);
    expect(faultsOf({ AUTH: 'jwt', JWT_SECRET, JWKS_FILE: './jwks.json' })).toEqual([
      '  AUTH: jwt takes its keys from one place; set only one of JWT_SECRET, JWKS_FILE',
    ]);
  });

  it('is missed when there are keys', () => {
    expect(faultsOf({ JWT_SECRET })).toEqual(['  AUTH: JWT_SECRET is set, but not used; set AUTH=jwt']);
  });

  it('never shows a secret in a fault', () => {
    const secret = 'tooshort-but-secret';
    const password = 'hunter2';
    for (const env of [
      { JWT_SECRET: secret },
      { AUTH: 'jwt', JWT_SECRET: secret },
      { JWT_SECRET },
      { AUTH: 'jwt', JWT_SECRET, JWKS_FILE: 'x' },
      { AUTH: 'jwt', JWKS_URL: `http://user:${password}@id.example.com/` },
      { AUTH: 'jwt', JWKS_URL: `https://user:${password}@id.example.com/` },
      { STORE: 'dynamodb', DYNAMODB_ENDPOINT: `http://user:${password}@127.0.0.1:8001` },
    ]) {
      const text = faultsOf(env).join('\n');
      expect(text).not.toBe('');
      for (const hidden of [secret, JWT_SECRET, password]) expect(text).not.toContain(hidden);
    }
  });

  it.each(['http://127.0.0.1:8080/jwks.json', 'http://localhost/jwks.json', 'http://[::1]/jwks.json'])(
    'takes keys without TLS from this machine: %s',
    (JWKS_URL) => {
      expect(faultsOf({ AUTH: 'jwt', JWKS_URL })).toEqual([]);
    },
  );
});

describe('what depends on where the server listens', () => {
  it('is open on this machine, and closed elsewhere', () => {
    expect(security({})).toMatchObject({ pushPrivateNetworks: 'allow', verifySubscribers: false });
    expect(security(PUBLIC)).toMatchObject({
      pushPrivateNetworks: 'deny',
      verifySubscribers: true,
      maxSubscriptionsPerTopic: 10_000,
      maxTopicsPerSubscriber: 1000,
      maxConnections: 10_000,
    });
    expect(security({ AUTH: 'jwt', JWT_SECRET })).toMatchObject({
      pushPrivateNetworks: 'allow',
      verifySubscribers: true,
    });
    expect(security({ HOST: '::', ALLOW_UNAUTHENTICATED: 'true' })).toMatchObject({
      pushPrivateNetworks: 'deny',
      verifySubscribers: false,
    });
  });

  it('is as the operator says where he says so', () => {
    expect(security({ PUSH_PRIVATE_NETWORKS: 'deny', VERIFY_SUBSCRIBERS: 'on' })).toMatchObject({
      pushPrivateNetworks: 'deny',
      verifySubscribers: true,
    });
    expect(security({ ...PUBLIC, PUSH_PRIVATE_NETWORKS: 'allow', VERIFY_SUBSCRIBERS: 'off' })).toMatchObject({
      pushPrivateNetworks: 'allow',
      verifySubscribers: false,
    });
  });
});

describe('limits', () => {
  it('hold for callers on this machine once they are set', () => {
    const { callerLimits, maxSubscriptionsPerTopic, maxTopicsPerSubscriber } = security({
      RATE_LIMIT_REQUESTS_PER_SECOND: '5',
      RATE_LIMIT_PUBLISHES_PER_MINUTE: '60',
      RATE_LIMIT_AUTH_FAILURES: '3',
      MAX_SUBSCRIPTIONS_PER_TOPIC: '7',
      MAX_TOPICS_PER_SUBSCRIBER: '8',
    });
    expect(callerLimits).toEqual({
      requestsPerSecond: { max: 5, includesLoopback: true },
      publishesPerMinute: { max: 60, includesLoopback: true },
      authFailures: { max: 3, includesLoopback: true },
    });
    expect([maxSubscriptionsPerTopic, maxTopicsPerSubscriber]).toEqual([7, 8]);
  });

  it('are off at nought', () => {
    expect(
      security({
        ...PUBLIC,
        RATE_LIMIT_REQUESTS_PER_SECOND: '0',
        RATE_LIMIT_PUBLISHES_PER_MINUTE: '0',
        RATE_LIMIT_AUTH_FAILURES: '0',
        MAX_SUBSCRIPTIONS_PER_TOPIC: '0',
        MAX_TOPICS_PER_SUBSCRIBER: '0',
      }),
    ).toMatchObject({
      callerLimits: { requestsPerSecond: null, publishesPerMinute: null, authFailures: null },
      maxSubscriptionsPerTopic: null,
      maxTopicsPerSubscriber: null,
      maxConnections: 10_000,
    });
  });
});

describe('TRUST_PROXY', () => {
  it.each([
    ['1', 1],
    ['0', 0],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
    ['loopback,uniquelocal', ['loopback', 'uniquelocal']],
  ])('%s is %j', (text, value) => {
    expect(security({ TRUST_PROXY: text }).trustProxy).toEqual(value);
  });
});

describe('each variable', () => {
  it.each([
    ['AUTH', 'basic'],
    ['JWT_SECRET', 'x'.repeat(31)],
    ['JWKS_URL', 'id.example.com'],
    ['JWKS_URL', 'http://id.example.com/jwks.json'],
    ['JWKS_URL', 'https://user:hunter2@id.example.com/jwks.json'],
    ['ALLOW_UNAUTHENTICATED', 'yes'],
    ['PUSH_PRIVATE_NETWORKS', 'on'],
    ['PUSH_ALLOW', '10.0.0.0/33'],
    ['PUSH_ALLOW', 'http://hooks.internal'],
    ['VERIFY_SUBSCRIBERS', 'true'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', 'all'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['RATE_LIMIT_REQUESTS_PER_SECOND', '-1'],
    ['RATE_LIMIT_PUBLISHES_PER_MINUTE', '1/s'],
    ['RATE_LIMIT_AUTH_FAILURES', 'none'],
    ['MAX_SUBSCRIPTIONS_PER_TOPIC', '1e3'],
    ['MAX_TOPICS_PER_SUBSCRIBER', '1.5'],
  ])('refuses %s=%s and names it', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(`^  ${name}: \\S`)]);
  });
});
