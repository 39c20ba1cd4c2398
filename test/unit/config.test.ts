import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_DEFAULTS } from '../../src/broker/subscriber-settings';
import { RETRY_DEFAULTS } from '../../src/delivery/retry-policy';
import { Environment, loadConfig } from '../../src/config';
import { StartupError } from '../../src/errors';

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof StartupError) return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

/** What holds unless something is set. */
const LOCAL_SECURITY = {
  auth: { kind: 'none' },
  pushPrivateNetworks: 'allow',
  pushAllow: '',
  verifySubscribers: false,
  trustProxy: false,
  callerLimits: {
    requestsPerSecond: { max: 100, includesLoopback: false },
    publishesPerMinute: { max: 6000, includesLoopback: false },
    authFailures: { max: 10, includesLoopback: false },
  },
  maxSubscriptionsPerTopic: null,
  maxTopicsPerSubscriber: null,
  maxConnections: 10_000,
};

describe('loadConfig', () => {
  it('needs nothing to be set', () => {
    expect(loadConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8000,
      store: { kind: 'embedded', dataDir: './data' },
      pushTimeoutMs: 5000,
      maxMessageBytes: 262_144,
      receivedRetentionMs: 604_800_000,
      delivery: { retry: RETRY_DEFAULTS, maxPushesInFlight: 1024, subscriberDefaults: SETTINGS_DEFAULTS },
      shutdownTimeoutMs: 10_000,
      log: { level: 'info', levels: {} },
      maxTails: 100,
      metricsPerSubscriber: false,
      security: LOCAL_SECURITY,
      lookupSlots: 32,
    });
  });

  it('takes every setting of the embedded store', () => {
    const env = {
      HOST: '::1',
      PORT: '0',
      PUBLIC_URL: 'https://hub.example.com',
      STORE: 'embedded',
      DATA_DIR: '/var/lib/herald',
      PUSH_TIMEOUT_MS: '250',
      MAX_MESSAGE_BYTES: '1024',
      RECEIVED_RETENTION_DAYS: '1',
      BACKLOG_RETENTION_DAYS: '30',
      SHUTDOWN_TIMEOUT_MS: '3000',
      LOG_LEVEL: 'debug',
      LOG_LEVELS: 'http=trace, broker=warn',
      LOG_FORMAT: 'json',
      SUBSCRIBER_MAX_IN_FLIGHT: '4',
      BACKLOG_MAX_MESSAGES: '10',
      MAX_PUSHES_IN_FLIGHT: '64',
      CIRCUIT_FAILURES: '2',
      RETRY_FIRST_DELAY_MS: '10',
      RETRY_MAX_DELAY_MS: '1000',
      RETRY_JITTER_PERCENT: '0',
      RETRY_AFTER_MAX_MS: '2000',
      REFUSED_RETRY_DELAYS_MS: '1, 2, 3',
      DISABLE_AFTER_HOURS: '1',
      DISABLE_AFTER_PROBES: '3',
      UV_THREADPOOL_SIZE: '8',
    };
    expect(loadConfig(env)).toEqual({
      host: '::1',
      port: 0,
      publicUrl: 'https://hub.example.com',
      store: { kind: 'embedded', dataDir: '/var/lib/herald' },
      pushTimeoutMs: 250,
      maxMessageBytes: 1024,
      receivedRetentionMs: 86_400_000,
      delivery: {
        retry: {
          failureThreshold: 2,
          firstDelayMs: 10,
          maxDelayMs: 1000,
          jitter: 0,
          maxRetryAfterMs: 2000,
          messageDelaysMs: [1, 2, 3],
          disableAfterMs: 3_600_000,
          disableAfterProbes: 3,
        },
        maxPushesInFlight: 64,
        subscriberDefaults: {
          ...SETTINGS_DEFAULTS,
          maxInFlight: 4,
          backlog: { maxMessages: 10, maxAgeSeconds: 2_592_000, overflow: 'drop_oldest' },
        },
      },
      shutdownTimeoutMs: 3000,
      log: { level: 'debug', format: 'json', levels: { http: 'trace', broker: 'warn' } },
      maxTails: 100,
      metricsPerSubscriber: false,
      security: LOCAL_SECURITY,
      lookupSlots: 4,
    });
  });

  it('leaves region and endpoint of DynamoDB to the SDK unless they are set', () => {
    expect(loadConfig({ STORE: 'dynamodb' }).store).toEqual({
      kind: 'dynamodb',
      tables: {
        messages: 'pub-sub-messages',
        subscriptions: 'pub-sub-subscriptions',
        subscribers: 'pub-sub-subscribers',
      },
    });
  });

  it('takes every setting of DynamoDB', () => {
    const env = {
      STORE: 'dynamodb',
      AWS_REGION: 'eu-central-1',
      DYNAMODB_ENDPOINT: 'http://localhost:8001',
      MESSAGE_TABLE_NAME: 'pub-sub-messages-test',
      SUBSCRIPTION_TABLE_NAME: 'pub-sub-subscriptions-test',
      SUBSCRIBER_TABLE_NAME: 'pub-sub-subscribers-test',
    };
    expect(loadConfig(env).store).toEqual({
      kind: 'dynamodb',
      region: 'eu-central-1',
      endpoint: 'http://localhost:8001',
      tables: {
        messages: 'pub-sub-messages-test',
        subscriptions: 'pub-sub-subscriptions-test',
        subscribers: 'pub-sub-subscribers-test',
      },
    });
  });

  it('counts an empty variable, and one of white space only, as not set', () => {
    const empty = Object.fromEntries(Object.keys(Environment.shape).map((name) => [name, '']));
    expect(loadConfig(empty)).toEqual(loadConfig({}));
    expect(loadConfig({ PORT: ' \t', PUBLIC_URL: '  ' })).toEqual(loadConfig({}));
  });

  it('trims white space around a value', () => {
    expect(loadConfig({ PORT: ' 8080 ', HOST: '\t127.0.0.2\r' })).toMatchObject({
      port: 8080,
      host: '127.0.0.2',
    });
  });

  it('takes HOST as it is in a URL, too', () => {
    expect(loadConfig({ HOST: '[::1]' })).toEqual(loadConfig({ HOST: '::1' }));
  });

  it('drops slashes behind PUBLIC_URL', () => {
    expect(loadConfig({ PUBLIC_URL: 'http://hub.example.com/herald//' }).publicUrl).toBe(
      'http://hub.example.com/herald',
    );
  });

  it('leaves other variables of the environment alone', () => {
    expect(loadConfig({ PATH: '/bin', PORT_NUMBER: 'x', port: 'y' })).toEqual(loadConfig({}));
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '8e3'],
    ['PORT', '0x50'],
    ['PORT', 'eighty'],
    ['PUBLIC_URL', 'localhost:8000'],
    ['PUBLIC_URL', 'ftp://localhost'],
    ['PUBLIC_URL', '/herald'],
    ['PUBLIC_URL', 'https://user:secret@hub.example.com'],
    ['STORE', 'memory'],
    ['STORE', 'Embedded'],
    ['DYNAMODB_ENDPOINT', 'localhost'],
    ['DYNAMODB_ENDPOINT', 'http://user:secret@localhost:8001'],
    ['MESSAGE_TABLE_NAME', 'ab'],
    ['MESSAGE_TABLE_NAME', 'a table'],
    ['SUBSCRIPTION_TABLE_NAME', 'x'.repeat(256)],
    ['SUBSCRIBER_TABLE_NAME', 'a/table'],
    ['PUSH_TIMEOUT_MS', '0'],
    ['PUSH_TIMEOUT_MS', '5s'],
    ['MAX_MESSAGE_BYTES', '0'],
    ['MAX_MESSAGE_BYTES', '16777217'],
    ['RECEIVED_RETENTION_DAYS', '0'],
    ['BACKLOG_RETENTION_DAYS', '3651'],
    ['SHUTDOWN_TIMEOUT_MS', '1000000000000000000000'],
    ['LOG_LEVEL', 'loud'],
    ['LOG_LEVELS', 'debug'],
    ['LOG_LEVELS', 'http=loud'],
    ['LOG_LEVELS', 'http=info,,broker=info'],
    ['LOG_LEVELS', 'kitchen=info'],
    ['LOG_FORMAT', 'xml'],
    ['METRICS_PER_SUBSCRIBER', 'yes'],
  ])('refuses %s=%s and names it', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(`^  ${name}: \\S`)]);
  });

  it('names every fault at once', () => {
    const faults = faultsOf({ PORT: 'x', STORE: 'x', PUSH_TIMEOUT_MS: 'x', LOG_LEVEL: 'x', HOST: '::1' });
    expect(faults.map((line) => line.trim().split(':')[0])).toEqual([
      'PORT',
      'STORE',
      'PUSH_TIMEOUT_MS',
      'LOG_LEVEL',
    ]);
  });

  it.each([
    [{ PORT: 'x', HOST: '0.0.0.0' }, ['HOST', 'PORT']],
    [{ HOST: '0.0.0.0', JWT_SECRET: 'short' }, ['HOST', 'JWT_SECRET']],
    [{ PORT: 'x', AUTH: 'jwt', RATE_LIMIT_TABLE_NAME: 'abc' }, ['PORT', 'AUTH', 'RATE_LIMIT_TABLE_NAME']],
    [{ RETRY_FIRST_DELAY_MS: '900001', LOG_LEVEL: 'x' }, ['RETRY_MAX_DELAY_MS', 'LOG_LEVEL']],
    [{ PUSH_ALLOW: 'http://a, 10.0.0.0/8, b/c' }, ['PUSH_ALLOW', 'PUSH_ALLOW']],
    // What would follow from a fault is not known while that is there.
    [{ HOST: '0.0.0.0', AUTH: 'JWT' }, ['AUTH']],
    [{ HOST: '0.0.0.0', ALLOW_UNAUTHENTICATED: 'yes' }, ['ALLOW_UNAUTHENTICATED']],
    [{ AUTH: 'jwt', JWT_SECRET: 'short' }, ['JWT_SECRET']],
    [{ STORE: 'DynamoDB', RATE_LIMIT_TABLE_NAME: 'abc' }, ['STORE']],
    [{ RETRY_FIRST_DELAY_MS: '900001', RETRY_MAX_DELAY_MS: 'x' }, ['RETRY_MAX_DELAY_MS']],
  ])('names what is wrong with several together in the same list: %j', (env, names) => {
    expect(faultsOf(env).map((line) => line.trim().split(':')[0])).toEqual(names);
  });

  it.each(['localhost:80', 'http://localhost', '[::1]:80', '127.0.0.1:8000', '*'])(
    'refuses HOST=%s, which is more than a host',
    (HOST) => {
      expect(faultsOf({ HOST })).toEqual(['  HOST: must be an address or a name, without scheme and port']);
    },
  );

  it('says which words there are', () => {
    expect(faultsOf({ STORE: 'memory', LOG_FORMAT: 'xml', VERIFY_SUBSCRIBERS: 'yes' })).toEqual([
      '  STORE: must be one of embedded, dynamodb',
      '  LOG_FORMAT: must be one of json, pretty',
      '  VERIFY_SUBSCRIBERS: must be one of off, on',
    ]);
  });

  it('refuses a longest pause that is shorter than the first', () => {
    expect(faultsOf({ RETRY_FIRST_DELAY_MS: '900001' })).toEqual([
      '  RETRY_MAX_DELAY_MS: must be RETRY_FIRST_DELAY_MS (900001) or more',
    ]);
  });

  it('says one thing per fault', () => {
    expect(faultsOf({ PORT: '99999' })).toEqual(['  PORT: must be a whole number from 0 to 65535']);
  });
});

describe('.env.example', () => {
  const lines = readFileSync(join(__dirname, '../../.env.example'), 'utf8').split('\n');
  const settings = lines
    .map((line) => /^([A-Z_]+)=(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = '', value = '']) => [name, value] as const);

  it('lists exactly the variables of the schema, in its order', () => {
    expect(settings.map(([name]) => name)).toEqual(Object.keys(Environment.shape));
  });

  it('gives the defaults of the schema', () => {
    const defaults = Object.entries(Environment.parse({})).map(([name, value]) => [name, String(value)]);
    expect(settings.filter(([, value]) => value !== '')).toEqual(defaults);
  });

  it('can be used as it is', () => {
    expect(loadConfig(Object.fromEntries(settings))).toEqual(loadConfig({}));
  });

  it('explains every variable', () => {
    const unexplained = lines.filter((line, index) => {
      const above = lines[index - 1] ?? '';
      return /^[A-Z_]+=/.test(line) && !above.startsWith('# ') && !/^[A-Z]+_TABLE_NAME=/.test(above);
    });
    expect(unexplained).toEqual([]);
  });
});
