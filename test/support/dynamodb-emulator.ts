import dynalite from 'dynalite';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

// The SDK warns about Node 20 in every process that uses it; this is its own switch for that one warning.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

export interface DynamoDbEmulator {
  /** Such as `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface EmulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** A directory to keep the data in; in memory when left out. */
  readonly path?: string;
}

/** Starts dynalite, an emulator of DynamoDB, in this process. */
export async function startDynamoDbEmulator({
  port = 0,
  path,
}: EmulatorOptions = {}): Promise<DynamoDbEmulator> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, ...(path !== undefined && { path }) });
  shield(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

type Handler = (request: object, response: ServerResponse) => void;

/**
 * Keeps dynalite from two deaths. It writes an index's entry before the row itself, and a query in between ends the
 * process, so requests are handled one at a time. And it throws when a client goes away while it sends its request, so
 * it sees whole requests only.
 */
function shield(server: Server): void {
  const [handle] = server.listeners('request') as Handler[];
  server.removeAllListeners('request');
  let last: Promise<void> = Promise.resolve();
  server.on('request', (request, response) => {
    const body = buffer(request);
    last = last
      .then(() => body)
      .then((whole) => handleWhole(handle, request, whole, response))
      // The client is gone, and nobody waits for an answer.
      .catch(() => response.destroy())
      .then(() => undefined);
  });
}

function handleWhole(
  handle: Handler | undefined,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const request = Object.assign(Readable.from([body]), { method, url, headers });
  return new Promise((resolve) => {
    if (response.destroyed) {
      resolve();
      return;
    }
    response.once('close', resolve);
    handle?.(request, response);
  });
}

/*
 * As a process of its own: `node -r ts-node/register test/support/dynamodb-emulator.ts [port] [directory]`.
 * Prints its endpoint once it listens.
 */
if (require.main === module) {
  const [port = '0', path] = process.argv.slice(2);
  startDynamoDbEmulator({ port: Number(port), ...(path !== undefined && { path }) }).then(
    ({ endpoint }) => console.log(endpoint),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
