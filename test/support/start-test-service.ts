import { loadConfig } from '../../src/config';
import type { Environment } from '../../src/config';
import { startService } from '../../src/service';
import type { Service, ServiceOptions } from '../../src/service';
import { checkAnswersOf } from './answer-checks';
import { captureLog } from './capture-log';
import { openTestBackend } from './open-on-shared-thread';
import type { LogLine } from './capture-log';
import { TemporaryDirectories } from './temporary-directory';

/** Settings other than the defaults, by the names of the environment. */
export type TestEnvironment = Readonly<Partial<Record<keyof typeof Environment.shape, string>>>;

/** A whole server in this process: real sockets, and the embedded store in a directory of its own. */
export interface TestService extends Service {
  /** The built-in subscriber under the address that the server listens on. */
  readonly eventUrl: string;
  readonly dataDir: string;
  /** The log so far, or the lines in it that say `message`. */
  lines(message?: string): LogLine[];
  post(path: string, body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string): Promise<Response>;
  /** Stops it, unless that was done, and removes the directory that was made for it. */
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1; all that it answers is checked against the description of the interface. */
export async function startTestService(
  env: TestEnvironment = {},
  options: Omit<ServiceOptions, 'log' | 'backend'> = {},
): Promise<TestService> {
  const directories = new TemporaryDirectories();
  const captured = captureLog();
  const dataDir = env.DATA_DIR ?? (await directories.make());
  const config = loadConfig({ PORT: '0', ...env, DATA_DIR: dataDir });
  const backend = openTestBackend(config);
  const service = await startService(config, { ...options, backend, log: captured.log }).catch(
    async (reason: unknown) => {
      await directories.removeAll();
      throw reason;
    },
  );
  const endChecks = checkAnswersOf(Number(new URL(service.url).port));
  const stop = async () => {
    await service.stop();
    endChecks();
  };
  return {
    url: service.url,
    eventUrl: `${service.url}/event`,
    dataDir,
    stop,
    lines: (message) => captured.lines(message),
    post: (path, body, headers = { 'content-type': 'application/json' }) =>
      fetch(`${service.url}${path}`, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) }),
    get: (path) => fetch(`${service.url}${path}`),
    close: async () => {
      await stop();
      await directories.removeAll();
    },
  };
}

/** Subscribes a URL to a topic; throws unless that worked. */
export async function subscribe(service: TestService, topic: string, url: string): Promise<void> {
  const response = await service.post(`/subscribe/${topic}`, JSON.stringify({ url }));
  if (!response.ok) throw new Error(`Not subscribed: ${await response.text()}`);
}
