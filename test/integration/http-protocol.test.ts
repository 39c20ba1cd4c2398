import { exchange } from '../support/raw-http';
import { startTestService } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const PATHS = [
  ['/', 'GET, HEAD, OPTIONS'],
  ['/healthz', 'GET, HEAD, OPTIONS'],
  ['/readyz', 'GET, HEAD, OPTIONS'],
  ['/overview', 'GET, HEAD, OPTIONS'],
  ['/metrics', 'GET, HEAD, OPTIONS'],
  ['/subscribers/orders', 'GET, HEAD, OPTIONS'],
  ['/subscribe/orders', 'POST, OPTIONS'],
  ['/unsubscribe/orders', 'POST, OPTIONS'],
  ['/publish/orders', 'POST, OPTIONS'],
  ['/event', 'GET, HEAD, POST, OPTIONS'],
  ['/toggle_post_event', 'GET, HEAD, POST, OPTIONS'],
] as const;

describe('the HTTP interface', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(async () => {
    await service.close();
  });

  const send = (method: string, path: string) => fetch(`${service.url}${path}`, { method });

  describe.each(PATHS)('%s', (path, allow) => {
    it.each(
      ['PUT', 'PATCH', 'DELETE', 'PROPFIND', 'GET', 'POST'].filter((method) => !allow.includes(method)),
    )('answers 405 to %s and names the methods that it has', async (method) => {
      const response = await send(method, path);
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe(allow);
      expect(await response.json()).toEqual({
        message: `${method} is not possible here; use one of ${allow}`,
        code: 'method_not_allowed',
      });
    });

    it('answers OPTIONS with the methods that it has', async () => {
      const response = await send('OPTIONS', path);
      expect(response.status).toBe(204);
      expect(response.headers.get('allow')).toBe(allow);
      expect(await response.text()).toBe('');
    });
  });

  it.each(['/nothing', '/publish', '/publish/', '/publish/a/b', '/subscribe', '/event/1', '/subscribers'])(
    'answers 404 to %s',
    async (path) => {
      for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
        const response = await send(method, path);
        expect(response.status).toBe(404);
        expect(await response.json()).toEqual({
          message: `There is no ${path}; GET / lists the routes`,
          code: 'route_not_found',
        });
      }
    },
  );

  it.each(['/publish/%zz', '/publish/%', '/publish/%C3', '/subscribe/%E0%A4%A', '/unsubscribe/%ff'])(
    'answers 400 to the percent-encoding of %s',
    async (path) => {
      const response = await service.post(path, '{}');
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        message: 'The path is not valid percent-encoding',
        code: 'invalid_path',
      });
    },
  );

  it.each(['/', '/healthz', '/readyz', '/subscribers/nothing'])(
    'answers HEAD %s with the head of the GET and no body',
    async (path) => {
      const [head, get] = await Promise.all([send('HEAD', path), send('GET', path)]);
      expect(head.status).toBe(get.status);
      for (const name of ['content-type', 'content-length']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
      expect(await head.text()).toBe('');
    },
  );

  it('says what can be done here at GET /', async () => {
    const response = await service.get('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const help = await response.text();
    for (const [path] of PATHS) expect(help).toContain(path.replace('/orders', '/'));
  });

  it('does not say what it is built with', async () => {
    const { headers } = await service.get('/');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });

  it('is alive, and ready to serve', async () => {
    const [alive, ready] = await Promise.all([service.get('/healthz'), service.get('/readyz')]);
    expect([alive.status, await alive.json()]).toEqual([200, { status: 'ok' }]);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  describe('when what arrives is no valid HTTP', () => {
    it.each([
      ['no request line', 'hello\r\n\r\n'],
      ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['a version that there is not', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
      ['a header without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n'],
      [
        'two lengths of the body',
        'POST /publish/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['a length that is no number', 'POST /publish/a HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n{}'],
    ])('answers 400 in JSON to %s', async (_name, sent) => {
      const { head, body } = await exchange(service.url, sent);
      expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(head).toMatch(/^content-type: application\/json; charset=utf-8$/im);
      expect(JSON.parse(body)).toEqual({
        message: 'This is not a valid HTTP request',
        code: 'invalid_request',
      });
    });

    it('answers 400 in JSON to a request without a Host', async () => {
      const { head, body } = await exchange(service.url, 'GET /healthz HTTP/1.1\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(head).toMatch(/^content-type: application\/json; charset=utf-8$/im);
      expect(body).toContain('"code":"invalid_request"');
    });

    it.each([
      ['400', 'two Hosts', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
      [
        '417',
        'an expectation that it does not know',
        'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n',
      ],
      ['405', 'CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ])('answers %s in JSON to %s', async (status, _name, sent) => {
      const { head, body } = await exchange(service.url, sent);
      expect(head.split(' ')[1]).toBe(status);
      expect(head).toMatch(/^content-type: application\/json; charset=utf-8$/im);
      expect(JSON.parse(body)).toEqual({ message: expect.any(String), code: expect.any(String) });
    });

    it.each(['http://[/healthz', 'http://%zz@a/healthz'])(
      'answers 400 in JSON, with the id of the request, to the target %s',
      async (target) => {
        const { head, body } = await exchange(
          service.url,
          `GET ${target} HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\n\r\n`,
        );
        expect(head).toMatch(/^HTTP\/1\.1 400 /);
        expect(head).toMatch(/^x-request-id: mine$/im);
        expect(JSON.parse(body)).toEqual({
          message: 'This is not a valid HTTP request',
          code: 'invalid_request',
        });
      },
    );

    it.each([
      ['invalid_request', 'hello\r\n\r\n'],
      ['invalid_request', 'GET /healthz HTTP/1.1\r\n\r\n'],
      ['invalid_request', 'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'],
      ['method_not_allowed', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ])('counts it as %s', async (code, sent) => {
      const counted = async () => {
        const text = await (await service.get('/metrics')).text();
        return Number(
          new RegExp(`^herald_request_errors_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1],
        );
      };
      const before = await counted();
      await exchange(service.url, sent);
      expect(await counted()).toBe(before + 1);
    });

    it('answers a request of HTTP/1.0, which needs no Host', async () => {
      const { head } = await exchange(service.url, 'GET /healthz HTTP/1.0\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('answers 431 in JSON to headers that are too large', async () => {
      const sent = `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`;
      const { head, body } = await exchange(service.url, sent);
      expect(head).toMatch(/^HTTP\/1\.1 431 /);
      expect(JSON.parse(body)).toEqual({
        message: 'The request headers are too large',
        code: 'invalid_request',
      });
    });

    it('goes on serving others', async () => {
      await exchange(service.url, 'hello\r\n\r\n');
      expect((await service.get('/healthz')).status).toBe(200);
    });
  });

  it.each(['identity', 'gzip'])(
    'answers 413 before a body of %s that is too large arrives',
    async (coding) => {
      const { head } = await exchange(
        service.url,
        `POST /publish/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\n` +
          'Content-Length: 20000000\r\n\r\n',
      );
      expect(head).toMatch(/^HTTP\/1\.1 413 /);
    },
  );

  it('logs nothing for a HEAD that toggles nothing', async () => {
    const before = service.lines().length;
    expect((await send('HEAD', '/toggle_post_event')).status).toBe(200);
    expect(service.lines()).toHaveLength(before);
  });

  it('serves several requests over one connection', async () => {
    const request = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
    const last = 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const { head, body } = await exchange(service.url, `${request}${request}${last}`);
    expect(`${head}${body}`.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  it('says in no answer where in the program it went wrong', async () => {
    const answers = await Promise.all([
      service.post('/publish/%zz', '{}'),
      service.post('/publish/a', '{"a": '),
      service.post('/subscribe/a', '{"url": 1}'),
      service.post('/subscribe/a', Buffer.from([0x80])),
      service.get('/nothing'),
    ]);
    for (const answer of answers) {
      const text = await answer.text();
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(text).not.toMatch(/\bat \S+:\d+|node_modules|\.[tj]s\b|Error:|stack/);
    }
  });
});
