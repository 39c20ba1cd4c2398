import { z } from 'zod';
import {
  type ConfigFault,
  type ConfigRule,
  host,
  httpUrl,
  oneOf,
  tableName,
  wholeNumber,
} from './config-values';
import { DELIVERY_RULES, DELIVERY_VARIABLES, type DeliveryConfig, deliveryConfig } from './delivery-config';
import { lookupSlots } from './delivery/name-lookups';
import { StartupError } from './errors';
import { LOG_VARIABLES, type LogConfig, logConfig } from './log-config';
import { SECURITY_RULES, SECURITY_VARIABLES, type SecurityConfig, securityConfig } from './security-config';

/** What the environment says, checked and in the program's own units. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Where subscribers reach this server, without a trailing slash; absent: on localhost, at the port it listens on. */
  readonly publicUrl?: string;
  readonly store: StoreConfig;
  readonly pushTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly receivedRetentionMs: number;
  readonly delivery: DeliveryConfig;
  readonly shutdownTimeoutMs: number;
  readonly log: LogConfig;
  /** Readers of events at once. */
  readonly maxTails: number;
  /** Whether metrics name single subscribers. */
  readonly metricsPerSubscriber: boolean;
  readonly security: SecurityConfig;
  /** Names that the system looks up at once. It follows from UV_THREADPOOL_SIZE, which is Node.js's own. */
  readonly lookupSlots: number;
}

export type StoreConfig =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | {
      readonly kind: 'dynamodb';
      readonly region?: string;
      readonly endpoint?: string;
      readonly tables: TableNames;
    };

export interface TableNames {
  readonly messages: string;
  readonly subscriptions: string;
  readonly subscribers: string;
}

const DAY_MS = 86_400_000;

/** One entry per variable in .env.example, in the same order; a test compares them. */
export const Environment = z.object({
  HOST: host.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8000),
  PUBLIC_URL: httpUrl()
    .regex(/^[^?#]*$/, 'must have no query and no fragment')
    .optional(),
  STORE: oneOf(['embedded', 'dynamodb']).default('embedded'),
  DATA_DIR: z.string().default('./data'),
  AWS_REGION: z.string().optional(),
  DYNAMODB_ENDPOINT: httpUrl().optional(),
  MESSAGE_TABLE_NAME: tableName.default('pub-sub-messages'),
  SUBSCRIPTION_TABLE_NAME: tableName.default('pub-sub-subscriptions'),
  SUBSCRIBER_TABLE_NAME: tableName.default('pub-sub-subscribers'),
  PUSH_TIMEOUT_MS: wholeNumber(1, 600_000).default(5000),
  MAX_MESSAGE_BYTES: wholeNumber(1, 16_777_216).default(262_144),
  RECEIVED_RETENTION_DAYS: wholeNumber(1, 3650).default(7),
  BACKLOG_RETENTION_DAYS: wholeNumber(1, 3650).default(7),
  ...DELIVERY_VARIABLES,
  SHUTDOWN_TIMEOUT_MS: wholeNumber(1, 600_000).default(10_000),
  ...LOG_VARIABLES,
  MAX_TAILS: wholeNumber(0, 10_000).default(100),
  METRICS_PER_SUBSCRIBER: oneOf(['true', 'false']).default('false'),
  ...SECURITY_VARIABLES,
});

type Values = z.output<typeof Environment>;

const RULES: readonly ConfigRule<Values>[] = [
  ...SECURITY_RULES,
  ...DELIVERY_RULES,
  {
    variable: 'RATE_LIMIT_TABLE_NAME',
    reads: ['RATE_LIMIT_TABLE_NAME', 'STORE'],
    faultOf: (values) =>
      values.RATE_LIMIT_TABLE_NAME !== undefined && values.STORE !== 'dynamodb'
        ? 'is a DynamoDB table; set STORE=dynamodb'
        : null,
  },
];

/**
 * Reads the configuration. A variable that is set but empty counts as not set.
 *
 * @throws StartupError that names every fault at once, each with its variable, in the order of .env.example
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(
    Object.entries(env)
      .map(([name, value]) => [name, value?.trim()])
      .filter(([, value]) => value !== undefined && value !== ''),
  ) as Record<string, string>;
  const { data, error } = Environment.safeParse(set);
  const single = (error?.issues ?? []).map(({ path, message }) => ({ variable: path.join('.'), message }));
  const wrong = new Set(single.map(({ variable }) => variable));
  const right = () => Object.fromEntries(Object.entries(set).filter(([name]) => !wrong.has(name)));
  const values = data ?? Environment.parse(right());
  const faults = [...single, ...ruleFaults(values, wrong)];
  if (faults.length > 0) throw invalid(faults);
  return {
    host: values.HOST,
    port: values.PORT,
    ...(values.PUBLIC_URL !== undefined && { publicUrl: values.PUBLIC_URL.replace(/\/+$/, '') }),
    store: storeConfig(values),
    pushTimeoutMs: values.PUSH_TIMEOUT_MS,
    maxMessageBytes: values.MAX_MESSAGE_BYTES,
    receivedRetentionMs: values.RECEIVED_RETENTION_DAYS * DAY_MS,
    delivery: deliveryConfig(values, values.BACKLOG_RETENTION_DAYS * DAY_MS),
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
    log: logConfig(values),
    maxTails: values.MAX_TAILS,
    metricsPerSubscriber: values.METRICS_PER_SUBSCRIBER === 'true',
    security: securityConfig(values, values.HOST),
    lookupSlots: lookupSlots(env.UV_THREADPOOL_SIZE),
  };
}

/** @param wrong the variables that are wrong by themselves, and have their defaults in `values` */
function ruleFaults(values: Values, wrong: ReadonlySet<string>): ConfigFault[] {
  return RULES.filter(({ reads }) => !reads.some((name) => wrong.has(name))).flatMap(
    ({ variable, faultOf }) => {
      const message = faultOf(values);
      return message === null ? [] : [{ variable, message }];
    },
  );
}

function invalid(faults: readonly ConfigFault[]): StartupError {
  const order = Object.keys(Environment.shape);
  const lines = faults
    .toSorted((one, other) => order.indexOf(one.variable) - order.indexOf(other.variable))
    .map(({ variable, message }) => `  ${variable}: ${message}`);
  return new StartupError(`The configuration is not valid; change these variables:\n${lines.join('\n')}`);
}

function storeConfig(values: Values): StoreConfig {
  if (values.STORE === 'embedded') return { kind: 'embedded', dataDir: values.DATA_DIR };
  return {
    kind: 'dynamodb',
    ...(values.AWS_REGION !== undefined && { region: values.AWS_REGION }),
    ...(values.DYNAMODB_ENDPOINT !== undefined && { endpoint: values.DYNAMODB_ENDPOINT }),
    tables: {
      messages: values.MESSAGE_TABLE_NAME,
      subscriptions: values.SUBSCRIPTION_TABLE_NAME,
      subscribers: values.SUBSCRIBER_TABLE_NAME,
    },
  };
}
