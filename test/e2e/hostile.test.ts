import fc from 'fast-check';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HeraldProcess } from '../support/herald-process';
import { Receiver } from '../support/receiver';
import { TemporaryDirectories } from '../support/temporary-directory';

/** Requests of the fuzz test over all routes, and broken ones over raw sockets. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1500);
const RAW_REQUESTS = Math.ceil(REQUESTS / 10);
const AT_ONCE = 64;

const directories = new TemporaryDirectories();
let herald: HeraldProcess;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await Receiver.start();
  herald = await HeraldProcess.start({
    DATA_DIR: await directories.make(),
    LOG_LEVEL: 'info',
    PUSH_TIMEOUT_MS: '500',
  });
});

afterAll(async () => {
  await herald.kill();
  await receiver.close();
  await directories.removeAll();
});

const topic = fc.oneof(fc.constantFrom('orders', 'a', '%zz', '..', 'é', ' '), fc.string({ maxLength: 12 }));
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom('', '0', '-1', '1e9', 'null', '__proto__', '\u0000'),
);
const target = fc.oneof(
  fc.constantFrom(
    'http://127.0.0.1:1/x',
    'http://[::1]:1/',
    'ftp://x/',
    'http://user:pw@x/',
    'http://a b/',
    '//x',
    'x',
  ),
  fc.webPath().map((it) => `http://127.0.0.1:1${it}`),
  text,
);
const path = fc.oneof(
  fc
    .tuple(fc.constantFrom('publish', 'subscribe', 'unsubscribe', 'subscribers'), topic)
    .map(([route, name]) => `/${route}/${name}`),
  fc
    .tuple(
      fc.constantFrom('', '/messages', '/ack', '/secret', '/replay', '/nothing'),
      fc.dictionary(fc.constantFrom('url', 'limit', 'after', 'before', 'wait', 'x'), fc.oneof(target, text)),
    )
    .map(
      ([route, query]) => `/subscriber${route}?${new URLSearchParams({ ...query, wait: '0' }).toString()}`,
    ),
  fc.constantFrom(
    '/',
    '/event',
    '/toggle_post_event',
    '/overview',
    '/metrics',
    '/healthz',
    '/readyz',
    '/openapi.json',
    '/docs',
    '/nowhere',
    '//',
    '/%',
    '/publish',
  ),
);
const body = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        url: target,
        delivery: text,
        maxInFlight: fc.oneof(fc.integer(), fc.double()),
        backlog: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((it) => JSON.stringify(it)),
  fc
    .record({ ids: fc.array(text, { maxLength: 4 }), upTo: text }, { requiredKeys: [] })
    .map((it) => JSON.stringify(it)),
  fc.string({ maxLength: 200 }),
);
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/x-ndjson',
      'text/plain',
      'application/json; charset=latin1',
      ';;;',
    ),
    'content-encoding': fc.constantFrom('gzip', 'br', 'x'),
    prefer: fc.constantFrom('respond-async', 'wait=0', 'wait=99999999', 'wait=x', ';,='),
    'idempotency-key': fc.constantFrom('k', '"k"', '', 'x'.repeat(300)),
    'herald-hops': fc.constantFrom('0', '5', '6', 'x'),
    'webhook-id': fc.constantFrom('x'),
  },
  { requiredKeys: [] },
);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'HEAD'),
  path,
  headers,
  body,
});

interface Fuzzed {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers that say that the server is at fault; 503 is what the switched-off built-in subscriber says. */
async function faultOf({ method, path: target, headers: given, body: sent }: Fuzzed): Promise<string | null> {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  let response: Response;
  try {
    response = await fetch(`${herald.url}${target.startsWith('/') ? target : `/${target}`}`, {
      method,
      headers: given,
      ...(hasBody && { body: sent }),
      signal: AbortSignal.timeout(15_000),
    });
  } catch (error) {
    // What fetch itself refuses to send says nothing of the server.
    return error instanceof TypeError && !(error.cause instanceof Error && 'code' in error.cause)
      ? null
      : String(error);
  }
  const answer = await response.text();
  if (response.status < 500 || answer.includes('event_toggled_off')) return null;
  return `${method} ${target}: ${response.status} ${answer}`;
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What comes back before the connection is closed. */
async function rawAnswer(bytes: Buffer): Promise<string> {
  const socket = connect(Number(new URL(herald.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.end(bytes);
  await closed;
  return answer;
}

describe('a server that anybody can talk to', () => {
  it(
    `answers ${REQUESTS} requests of all sorts with no fault of its own, and no growth of memory`,
    async () => {
      const samples = fc.sample(request, REQUESTS);
      const faults: string[] = [];
      await inTurns(samples, async (one) => {
        const fault = await faultOf(one);
        if (fault !== null) faults.push(fault);
      });
      expect(faults.slice(0, 5)).toEqual([]);
      expect((await herald.get('/healthz')).status).toBe(200);
      expect(herald.errorText).toBe('');
    },
    30_000 + REQUESTS * 20,
  );

  it(
    `survives ${RAW_REQUESTS} requests that are no HTTP, or half of it`,
    async () => {
      const good =
        'POST /publish/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
      const mutated = fc
        .tuple(
          fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }),
          fc.nat({ max: good.length }),
        )
        .map(([changes, length]) => {
          const bytes = Buffer.from(good);
          for (const [at, byte] of changes) bytes[at] = byte;
          return bytes.subarray(0, length);
        });
      const answers: string[] = [];
      await inTurns(
        fc.sample(
          fc.oneof(
            mutated,
            fc.uint8Array({ maxLength: 300 }).map((it) => Buffer.from(it)),
          ),
          RAW_REQUESTS,
        ),
        async (bytes) => {
          answers.push(await rawAnswer(bytes));
        },
      );
      expect(answers.filter((answer) => /^HTTP\/1\.1 5(?!0[15])/.test(answer))).toEqual([]);
      expect((await herald.get('/healthz')).status).toBe(200);
    },
    30_000 + RAW_REQUESTS * 20,
  );

  it('goes on publishing beside 1,000 connections that send their headers a byte at a time', async () => {
    await herald.post('/subscribe/slow', JSON.stringify({ url: receiver.url }));
    const { port } = new URL(herald.url);
    const slow: Socket[] = [];
    for (let n = 0; n < 1000; n += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      slow.push(socket);
    }
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    for (const socket of slow) socket.write('POST /publish/slow HTTP/1.1\r\nX: ');
    const startedAt = performance.now();
    for (let n = 0; n < 50; n += 1) {
      for (const socket of slow) socket.write('a');
      expect((await herald.post('/publish/slow', String(n))).status).toBe(200);
    }
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(receiver.received).toHaveLength(50);
    for (const socket of slow) socket.destroy();
  }, 30_000);
});
