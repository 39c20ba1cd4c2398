import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import '../server-probe';
import { post } from '../post';

/*
 * The limit: the least that fans a message out over HTTP. No framework, no checks, no deadline, no store, no log.
 */

interface Subscriber {
  readonly pool: Pool;
  readonly path: string;
}

const HEADERS = ['Content-Type', 'application/json'];
const topics = new Map<string, Subscriber[]>();
const pools = new Map<string, Pool>();
let published = 0;

function subscribe(topic: string, body: Buffer): void {
  const { origin, pathname } = new URL((JSON.parse(body.toString()) as { url: string }).url);
  const pool = pools.get(origin) ?? new Pool(origin, { pipelining: 1 });
  pools.set(origin, pool);
  const subscribers = topics.get(topic) ?? [];
  topics.set(topic, subscribers);
  subscribers.push({ pool, path: pathname });
}

async function publish(topic: string, data: Buffer): Promise<number> {
  const head = `{"id":"msg_${++published}","topic":"${topic}","timestamp":"${new Date().toISOString()}","data":`;
  const body = Buffer.concat([Buffer.from(head), data, Buffer.from('}')]);
  const subscribers = topics.get(topic) ?? [];
  const statuses = await Promise.all(
    subscribers.map(({ pool, path }) => post(pool, { path, headers: HEADERS, body })),
  );
  return statuses.filter((status) => status < 300).length;
}

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, verb, topic = ''] = (request.url ?? '').split('/');
  const body = await bodyOf(request);
  const delivered = verb === 'publish' ? await publish(topic, body) : 0;
  if (verb === 'subscribe') subscribe(topic, body);
  const text = `{"delivered":${delivered}}`;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': text.length }).end(text);
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
}).listen(Number(process.env.PORT), '127.0.0.1');
