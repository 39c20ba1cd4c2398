import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { exchange } from '../support/raw-http';
import { Receiver } from '../support/receiver';
import { startTestService, subscribe } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const JSON_TYPE = { 'content-type': 'application/json' };
const MAX_BYTES = 100_000;
const ROUTES = ['/subscribe/orders', '/unsubscribe/orders', '/publish/orders', '/event'];

describe('request bodies', () => {
  let service: TestService;
  let receiver: Receiver;

  beforeAll(async () => {
    [service, receiver] = await Promise.all([
      startTestService({ MAX_MESSAGE_BYTES: String(MAX_BYTES) }),
      Receiver.start(),
    ]);
    await subscribe(service, 'orders', receiver.url);
  });

  afterAll(async () => {
    await service.close();
    await receiver.close();
  });

  beforeEach(() => {
    receiver.received.length = 0;
  });

  const publish = (body: string | Buffer, headers: Record<string, string> = {}) =>
    service.post('/publish/orders', body, { ...JSON_TYPE, ...headers });
  const receivedBody = () => receiver.received[0]?.body.toString() ?? '';

  async function expectError(
    response: Response,
    status: number,
    code: string,
    message: RegExp,
  ): Promise<void> {
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({ message: expect.stringMatching(message) as unknown, code });
    expect(response.status).toBe(status);
    expect(receiver.received).toEqual([]);
  }

  describe.each(ROUTES)('POST %s', (path) => {
    it.each([
      ['with the type that curl sends by itself', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['as plain text', { 'content-type': 'text/plain;charset=UTF-8' }],
      ['without a type', {}],
      ['with a type that cannot be read', { 'content-type': 'json' }],
      ['with a type that only looks like JSON', { 'content-type': 'application/jsonp' }],
    ])('answers 415 to a body %s, and says which header to send', async (_name, headers) => {
      const response = await service.post(path, '{"url": "http://a/hook"}', headers);
      await expectError(
        response,
        415,
        'unsupported_media_type',
        /send it with -H "Content-Type: application\/json"$/,
      );
    });

    it.each(['utf-16', 'UTF-16LE', 'iso-8859-1', '"latin1"'])(
      'answers 415 to the charset %s',
      async (charset) => {
        const headers = { 'content-type': `application/json; charset=${charset}` };
        await expectError(await service.post(path, '{}', headers), 415, 'unsupported_media_type', /UTF-8/);
      },
    );

    it('answers 415 to an unknown compression', async () => {
      const response = await service.post(path, '{}', { ...JSON_TYPE, 'content-encoding': 'compress' });
      await expectError(response, 415, 'unsupported_media_type', /gzip, deflate or br/);
    });

    it('answers 400 to an empty body, whatever its type', async () => {
      for (const headers of [JSON_TYPE, {}]) {
        await expectError(await service.post(path, '', headers), 400, 'empty_body', /send JSON/);
      }
    });

    it('answers 400 to a body that turns out to be empty', async () => {
      const { head, body } = await exchange(
        service.url,
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n` +
          'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      );
      expect(head).toMatch(/^HTTP\/1.1 400 /);
      expect(JSON.parse(body)).toMatchObject({ code: 'empty_body' });
    });

    it.each([
      '{"url": ',
      '{url: 1}',
      "{'url': 1}",
      '{} {}',
      'undefined',
      'NaN',
      '[1,]',
      '01',
      '\ufeff{}',
      ' ',
    ])('answers 400 to %j', async (text) => {
      await expectError(await service.post(path, text), 400, 'invalid_json', /^The body is not valid JSON/);
    });

    it.each([
      ['a lone continuation byte', Buffer.from([0x22, 0x80, 0x22])],
      ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
      ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
      ['a broken character', Buffer.from([0x22, 0xe2, 0x82, 0x22])],
    ])('answers 400 to %s, which is not UTF-8', async (_name, bytes) => {
      await expectError(await service.post(path, bytes), 400, 'invalid_json', /not valid UTF-8/);
    });

    it('answers 400 to a body that is not compressed as it says', async () => {
      const response = await service.post(path, '{"a": 1}', { ...JSON_TYPE, 'content-encoding': 'gzip' });
      await expectError(response, 400, 'invalid_request', /Content-Encoding/);
    });

    it('answers 413 to a body that is too large', async () => {
      const response = await service.post(path, `"${'x'.repeat(MAX_BYTES + 2000)}"`);
      await expectError(response, 413, 'message_too_large', /larger than \d+ bytes/);
    });

    it('answers 413 to a small body that grows too large when it is inflated', async () => {
      const bomb = gzipSync(`"${'x'.repeat(5_000_000)}"`);
      expect(bomb.length).toBeLessThan(MAX_BYTES);
      const response = await service.post(path, bomb, { ...JSON_TYPE, 'content-encoding': 'gzip' });
      await expectError(response, 413, 'message_too_large', /larger than \d+ bytes/);
    });
  });

  it.each([
    ['far too large', 413, JSON_TYPE],
    ['far too large and of the wrong type', 415, { 'content-type': 'text/plain' }],
  ])('lets a client that goes on sending a body %s read its answer', async (_name, status, headers) => {
    const body = Buffer.alloc(20_000_000, ' ');
    for (let round = 0; round < 3; round++) {
      expect((await service.post('/publish/orders', body, headers)).status).toBe(status);
    }
  });

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8; x=y',
    'application/cloudevents+json',
    'application/vnd.example.v1+json; charset=utf-8',
  ])('accepts the type %s', async (type) => {
    expect((await publish('{"n": 1.0}', { 'content-type': type })).status).toBe(200);
    expect(receivedBody()).toContain('"data":{"n": 1.0}}');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('inflates a body compressed with %s', async (encoding, compress) => {
    const data = '{"n": 1.0, "text": "é"}';
    expect((await publish(compress(data), { 'content-encoding': encoding })).status).toBe(200);
    expect(receivedBody()).toContain(`"data":${data}}`);
  });

  it('accepts a body of exactly the limit, counted in bytes', async () => {
    const data = `"${'é'.repeat(MAX_BYTES / 2 - 1)}"`;
    expect((await publish(data)).status).toBe(200);
    expect((await publish(`${data} `)).status).toBe(413);
  });

  it('accepts a body that comes in chunks', async () => {
    const { head } = await exchange(
      service.url,
      'POST /publish/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n',
    );
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(receivedBody()).toContain('"data":[1,2]}');
  });

  it('asks for the body when the client waits to be asked', async () => {
    const { body } = await exchange(
      service.url,
      'POST /publish/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n' +
        'Expect: 100-continue\r\nContent-Length: 1\r\n\r\n7',
    );
    expect(body).toMatch(/^HTTP\/1.1 200 /);
    expect(receivedBody()).toContain('"data":7}');
  });

  it('checks the topic before it reads the body', async () => {
    const response = await service.post('/publish/a%20b', 'no JSON', { 'content-type': 'text/plain' });
    await expectError(response, 400, 'invalid_topic', /^A topic is/);
  });
});
