import { HeraldClient, type HeraldRequestError } from '../../../src/client';
import { wasNobodyThere } from '../../../src/client/fetch-fault';

const POLLED = 'http://localhost/polled';

/** A client of a server that gives this answer to everything. */
function clientOf(answer: () => Response | Error, url = 'http://herald.test/base/ '): HeraldClient {
  const fetch = () => {
    const given = answer();
    return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
  };
  return new HeraldClient({ url, fetch });
}

async function failureOf(call: Promise<unknown>): Promise<HeraldRequestError> {
  return (await call.catch((error: unknown) => error)) as HeraldRequestError;
}

function faultOf(options: ConstructorParameters<typeof HeraldClient>[0]): string {
  try {
    new HeraldClient(options);
    return 'none';
  } catch (error) {
    return String(error);
  }
}

const CALLS: readonly (readonly [string, (client: HeraldClient) => Promise<unknown>])[] = [
  ['publish', (client) => client.publish('orders', 1)],
  ['publishMany', (client) => client.publishMany('orders', [1]).next()],
  ['subscribe', (client) => client.subscribe('orders', POLLED)],
  ['unsubscribe', (client) => client.unsubscribe('orders', POLLED)],
  ['subscribers', (client) => client.subscribers('orders')],
  ['subscriber', (client) => client.subscriber(POLLED)],
  ['changeSettings', (client) => client.changeSettings(POLLED, { paused: true })],
  ['rotateSecret', (client) => client.rotateSecret(POLLED)],
  ['page', (client) => client.page(POLLED)],
  ['poll', (client) => client.poll(POLLED).next()],
  ['ack', (client) => client.ack(POLLED, { upTo: 'c' })],
  ['purge', (client) => client.purge(POLLED)],
  ['replay', (client) => client.replay(POLLED, 'msg_1')],
  ['tail', (client) => client.tail().next()],
];

describe('what answers and is not Herald', () => {
  it.each(CALLS)('is refused by %s', async (_name, call) => {
    for (const body of ['<html>', '{}', 'null', '[null]', '"text"', 'event: x\ndata: 1\n\n']) {
      const answer = () => new Response(body, { headers: { 'content-type': 'text/html' } });
      const failure = await failureOf(call(clientOf(answer)));
      expect([body, failure.code, failure.status]).toEqual([body, 'unexpected_answer', 200]);
    }
  });

  it('is not listened to when it does not end', async () => {
    for (const [status, headers] of [
      [200, { 'content-type': 'text/html' }],
      [302, { location: '/' }],
    ] as const) {
      const cancel = jest.fn();
      const answer = () => new Response(new ReadableStream({ cancel }), { status, headers });
      const failure = await failureOf(clientOf(answer).tail().next());
      expect(failure).toMatchObject({ code: 'unexpected_answer' });
      expect(cancel).toHaveBeenCalledTimes(1);
    }
  });

  it('may send events that are no JSON', async () => {
    const answer = () =>
      new Response('data: hello\n\n', { headers: { 'content-type': 'text/event-stream' } });
    expect(await failureOf(clientOf(answer).tail().next())).toMatchObject({ code: 'unexpected_answer' });
  });

  it('may name faults that are none', async () => {
    const body = '{"message":"m","code":"c","errors":[null,{"path":"a","message":"b"}]}';
    const failure = await failureOf(
      clientOf(() => new Response(body, { status: 400 })).subscribers('orders'),
    );
    expect(failure.errors).toEqual([{ path: 'a', message: 'b' }]);
  });
});

describe('a redirect', () => {
  const redirectTo = (status: number, location?: string) =>
    failureOf(
      clientOf(
        () => new Response(null, { status, headers: location === undefined ? {} : { location } }),
      ).publish('orders', 1),
    );

  it.each([301, 302, 303, 307, 308])('with %d is not followed, but named', async (status) => {
    const failure = await redirectTo(status, 'https://new.test/publish/orders');
    expect(failure).toMatchObject({ status, code: 'unexpected_answer', isTransient: false });
    expect(failure.message).toBe(
      `http://herald.test/base answers with a redirect (${status}) to https://new.test/publish/orders, which is not ` +
        'followed: use https://new.test as its address',
    );
  });

  it('may lead to something else', async () => {
    expect((await redirectTo(302, '/login')).message).toContain(
      "to http://herald.test/login, which is not followed: use the server's own address",
    );
    expect((await redirectTo(302)).message).toContain('to elsewhere,');
  });
});

describe("a caller's fault", () => {
  it.each(['s3cret\n', 's3crét', 's3cret two', '\u0000', ''])('is the token %j', (token) => {
    const fault = faultOf({ token });
    expect(fault).toMatch(/^TypeError: The token cannot be sent/);
    expect(fault).not.toContain('s3cr');
  });

  it.each([
    'http://user:s3cret@localhost:8000',
    'http://s3cret@localhost:8000',
    'http://localhost:8000?token=s3cret',
    'http://localhost:8000/#s3cret',
    'ftp://user:s3cret@localhost',
    'http://user:s3cret@',
    'localhost?token=s3cret',
  ])('is the address %s', (url) => {
    const fault = faultOf({ url });
    expect(fault).toMatch(/^TypeError: /);
    expect(fault).not.toContain('s3cret');
  });

  it('is no blank around an address', async () => {
    const fetch = jest.fn(() => Promise.resolve(new Response('["http://a"]')));
    await new HeraldClient({ url: ' http://localhost:8000/base// \n', fetch }).subscribers('orders');
    expect(fetch).toHaveBeenCalledWith('http://localhost:8000/base/subscribers/orders', expect.anything());
  });
});

describe('a connection that breaks', () => {
  const broken = (code: string) =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

  it.each(['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'])('with %s while much is sent', async (code) => {
    const client = clientOf(() => broken(code));
    const large = await failureOf(client.publish('orders', 'a'.repeat(100_000)));
    expect(large).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('MAX_MESSAGE_BYTES'),
    });
    expect((await failureOf(client.publish('orders', 1))).message).toBe(
      `Herald cannot be reached at http://herald.test/base: ${code}`,
    );
  });

  it('leads to a server, unless nobody was there', async () => {
    const isThere = async (code: string) =>
      !wasNobodyThere((await failureOf(clientOf(() => broken(code)).subscribers('orders'))).cause);
    expect(await Promise.all(['ECONNREFUSED', 'ENOTFOUND', 'EPIPE', 'ECONNRESET'].map(isThere))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(wasNobodyThere(undefined)).toBe(false);
  });
});
