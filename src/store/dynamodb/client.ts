import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { StartupError } from '../../errors';
import { checkAnswers } from './answer-check';
import { describeFault, nameOf } from './faults';
import { MAX_CONCURRENT_REQUESTS } from './requests';
import { parseUrl } from '../../parse-url';

/** Where DynamoDB is. What is left out comes from the SDK's usual places: environment, profile, the machine's role. */
export interface ClientOptions {
  readonly region?: string;
  /** The URL of an emulator or another endpoint, in place of the region's own. */
  readonly endpoint?: string;
}

/** What an emulator on this machine accepts; letters and digits only, as DynamoDB Local demands. */
const EMULATOR_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const EMULATOR_REGION = 'us-east-1';

const CONNECT_TIMEOUT_MS = 1000;

/**
 * Makes a client whose region and credentials are known to exist. For an endpoint on this machine, an emulator, made-up
 * ones stand in for what is not set.
 *
 * @param maxAttempts how often the SDK tries a request by itself
 * @throws StartupError when there is no region, or there are no credentials
 */
export async function openClient(options: ClientOptions, maxAttempts: number): Promise<DynamoDBClient> {
  const config = clientConfig(options, maxAttempts);
  const isEmulator = isLoopback(options.endpoint);
  const region = await regionOf(config, isEmulator);
  const client = newClient({ ...config, region });
  try {
    await client.config.credentials();
    return client;
  } catch (error) {
    client.destroy();
    if (nameOf(error) === 'CredentialsProviderError' && isEmulator) {
      return newClient({ ...config, region, credentials: EMULATOR_CREDENTIALS });
    }
    throw new StartupError(
      'No AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, ' +
        `or give the machine a role (${describeFault(error)})`,
      { cause: error },
    );
  }
}

/** Whether the endpoint's host is this machine, whatever it resolves to elsewhere. */
export function isLoopback(endpoint: string | undefined): boolean {
  const url = parseUrl(endpoint ?? '');
  return url !== null && /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function newClient(config: DynamoDBClientConfig): DynamoDBClient {
  const client = new DynamoDBClient(config);
  checkAnswers(client);
  return client;
}

function clientConfig(options: ClientOptions, maxAttempts: number): DynamoDBClientConfig {
  const agent = { keepAlive: true, maxSockets: MAX_CONCURRENT_REQUESTS };
  return {
    ...(options.region !== undefined && { region: options.region }),
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    maxAttempts,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, httpAgent: agent, httpsAgent: agent },
  };
}

async function regionOf(config: DynamoDBClientConfig, isEmulator: boolean): Promise<string> {
  const probe = new DynamoDBClient(config);
  try {
    return await probe.config.region();
  } catch (error) {
    if (isEmulator) return EMULATOR_REGION;
    throw new StartupError(`No AWS region: set AWS_REGION, for example eu-west-1 (${describeFault(error)})`, {
      cause: error,
    });
  } finally {
    probe.destroy();
  }
}
