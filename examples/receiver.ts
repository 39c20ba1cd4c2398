/*
 * A subscriber's endpoint: checks that a push comes from Herald, drops what it has seen before, answers 204.
 *
 *   WEBHOOK_SECRET=whsec_… npx ts-node examples/receiver.ts
 *
 * WEBHOOK_SECRET: from the answer to the subscription; several separated by a space while one replaces another. Where the
 * URL has to consent before it is subscribed, start without it, subscribe, and start again with it: until then pushes are
 * answered 503, and come again.
 * HERALD_ORIGIN: the host name of the Herald that may push here, `localhost` unless set. PORT: 9000 unless set.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidWebhookError, verifyWebhook } from '../src/verify';

const MAX_BODY_BYTES = 1_048_576;
const secrets = (process.env.WEBHOOK_SECRET ?? '').split(' ').filter((secret) => secret !== '');
const heraldOrigin = process.env.HERALD_ORIGIN ?? 'localhost';
/** A real receiver keeps these as long as a message may be pushed again, in its database. */
const seen = new Set<string>();

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // May Herald push here? (CloudEvents webhooks, abuse protection)
  if (request.method === 'OPTIONS') {
    const isAllowed = request.headers['webhook-request-origin'] === heraldOrigin;
    response.writeHead(200, isAllowed ? { 'WebHook-Allowed-Origin': heraldOrigin } : {}).end();
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end all the same: to close on what still comes resets the connection, and the answer may never arrive.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) {
    response.writeHead(413).end();
    return;
  }
  if (secrets.length === 0) {
    response.writeHead(503).end();
    return;
  }
  const body = Buffer.concat(chunks);
  const { id } = verifyWebhook(request.headers, body, secrets);
  if (!seen.has(id)) {
    seen.add(id);
    process.stdout.write(`received ${body.toString()}\n`);
  }
  response.writeHead(204).end();
}

if (secrets.length === 0) {
  process.stderr.write(
    'Pushes are answered 503 until WEBHOOK_SECRET is set to what the subscription answers as "secret"\n',
  );
}
const server = createServer((request, response) => {
  receive(request, response).catch((error: unknown) => {
    const isRefused = error instanceof InvalidWebhookError;
    process.stderr.write(`${isRefused ? `refused: ${error.message}` : String(error)}\n`);
    response.writeHead(isRefused ? 401 : 500).end();
  });
});
server.listen(Number(process.env.PORT ?? 9000), '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
