import express from 'express';
import type { Request, Response } from 'express';
import request from 'supertest';
import { isJsonLines, JSON_LINES_TYPE, readJsonLines } from '../../src/http/json-lines';
import { errorHandler } from '../../src/http/middleware/error-handler';
import { idempotencyKeyOf, preferencesOf } from '../../src/http/prefer';
import { queryInteger, querySubscriber, queryText } from '../../src/http/query';
import { captureLog } from '../support/capture-log';

/** What `read` makes of a request, as JSON; its fault is answered as everywhere. */
function answering(read: (req: Request, res: Response) => unknown) {
  const app = express().set('query parser', 'simple');
  app.use(async (req, res) => void res.json({ value: await read(req, res) }));
  app.use(errorHandler(captureLog().log));
  return request(app);
}

describe('Prefer', () => {
  const ask = async (prefer?: string) => {
    const asking = answering(preferencesOf).get('/');
    return ((await (prefer === undefined ? asking : asking.set('Prefer', prefer))).body as { value: unknown })
      .value;
  };
  const NOTHING = { respondAsync: false, applied: '' };
  const ASYNC = { respondAsync: true, applied: 'respond-async' };
  const WAIT = { respondAsync: false, waitMs: 5000, applied: 'wait=5' };

  it.each([
    [undefined, NOTHING],
    ['', NOTHING],
    ['respond-async', ASYNC],
    ['Respond-Async', ASYNC],
    ['handling=lenient, respond-async', ASYNC],
    ['wait=5', WAIT],
    ['WAIT = 5', WAIT],
    ['wait="5"', WAIT],
    ['wait=0', { respondAsync: false, waitMs: 0, applied: 'wait=0' }],
    ['respond-async, wait=5', WAIT],
    ['wait=5; foo=bar', WAIT],
    ['wait=5, wait=9', WAIT],
    ['wait', NOTHING],
    ['wait=-5', NOTHING],
    ['wait=1.5', NOTHING],
    ['wait=1234567', NOTHING],
    ['wait=soon', NOTHING],
    ['respond-asynchronously', NOTHING],
    ['return=minimal', NOTHING],
  ])('%s is understood', async (prefer, expected) => {
    await expect(ask(prefer)).resolves.toEqual(expected);
  });
});

describe('Idempotency-Key', () => {
  const ask = (key?: string) => {
    const asking = answering((req) => idempotencyKeyOf(req) ?? null).get('/');
    return key === undefined ? asking : asking.set('Idempotency-Key', key);
  };

  it.each([
    [undefined, null],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['"8e03978e"', '8e03978e'],
    ['  a-key  ', 'a-key'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('%s is a key', async (key, expected) => {
    expect((await ask(key)).body).toEqual({ value: expected });
  });

  it.each(['', '""', 'two words', '"two words"', 'x'.repeat(256), 'ké'])('"%s" is refused', async (key) => {
    const { status, body } = await ask(key);
    expect([status, body.code]).toEqual([400, 'invalid_header']);
  });
});

describe('the query', () => {
  const BOUNDS = { min: 1, max: 1000, otherwise: 100 };

  it.each([
    ['/', undefined],
    ['/?after=', ''],
    ['/?after=a%2Bb', 'a+b'],
  ])('%s holds the text', async (path, expected) => {
    const { body } = await answering((req) => queryText(req, 'after')).get(path);
    expect(body).toEqual({ value: expected });
  });

  it('is refused when a parameter is there twice', async () => {
    const { status, body } = await answering((req) => queryText(req, 'after')).get('/?after=1&after=2');
    expect(status).toBe(400);
    expect(body).toEqual({
      message: 'The parameter after must be there once',
      code: 'invalid_query',
      errors: [{ path: 'after', message: 'must be there once' }],
    });
  });

  it.each([
    ['/', 100],
    ['/?limit=1', 1],
    ['/?limit=1000', 1000],
    ['/?limit=007', 7],
  ])('%s holds the number %d', async (path, expected) => {
    const { body } = await answering((req) => queryInteger(req, 'limit', BOUNDS)).get(path);
    expect(body).toEqual({ value: expected });
  });

  it.each(['0', '1001', '-1', '1.5', '1e2', '0x10', 'ten', '', '9999999999'])(
    'is refused with limit=%s',
    async (limit) => {
      const { status, body } = await answering((req) => queryInteger(req, 'limit', BOUNDS)).get(
        `/?limit=${limit}`,
      );
      expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_query', 'limit']);
    },
  );

  it('names a subscriber, in normal form', async () => {
    const { body } = await answering(querySubscriber).get('/?url=%20HTTP%3A%2F%2FA%2Fhook%20');
    expect(body).toEqual({ value: 'http://a/hook' });
  });

  it.each([
    ['/', 'invalid_query'],
    ['/?url=a&url=b', 'invalid_query'],
    ['/?url=', 'invalid_url'],
    ['/?url=ftp%3A%2F%2Fa', 'invalid_url'],
  ])('is refused with %s as the subscriber: %s', async (path, code) => {
    const { status, body } = await answering(querySubscriber).get(path);
    expect([status, body.code]).toEqual([400, code]);
  });
});

describe('a batch', () => {
  const send = (body: string, type = JSON_LINES_TYPE) =>
    answering(readJsonLines).post('/').set('Content-Type', type).serialize(String).send(body);

  it.each([
    [JSON_LINES_TYPE, true],
    ['application/x-ndjson; charset=utf-8', true],
    ['application/json', false],
    ['text/plain', false],
  ])('is declared by %s: %s', async (type, expected) => {
    const { body } = await answering(isJsonLines).post('/').set('Content-Type', type).send('1');
    expect(body).toEqual({ value: expected });
  });

  it('has its lines as they came, without the blank ones and the line ends', async () => {
    const { body } = await send('{"a": 1.0}\r\n\n  \n 2 \n"\\n"');
    expect(body).toEqual({ value: ['{"a": 1.0}', ' 2 ', '"\\n"'] });
  });

  it('may have 1,000 lines, and not one more', async () => {
    expect((await send('1\n'.repeat(1000))).body.value).toHaveLength(1000);
    const { status, body } = await send('1\n'.repeat(1001));
    expect([status, body.code]).toEqual([413, 'batch_too_large']);
    expect(body.message).toBe('A batch has at most 1000 lines, this one has more');
  });

  it('may have 16 MiB, and not one byte more', async () => {
    const line = `"${'x'.repeat(16 * 1024 * 1024 - 2)}"`;
    expect((await send(line)).status).toBe(200);
    const { status, body } = await send(`${line}\n`);
    expect([status, body.code]).toEqual([413, 'batch_too_large']);
  });

  it.each([
    ['nothing', '', 'empty_body'],
    ['only blank lines', '\n \r\n', 'empty_body'],
  ])('is refused when it holds %s', async (_name, text, code) => {
    const { status, body } = await send(text);
    expect([status, body.code]).toEqual([400, code]);
  });

  it('is refused when it is not UTF-8', async () => {
    const { status, body } = await answering(readJsonLines)
      .post('/')
      .set('Content-Type', JSON_LINES_TYPE)
      .serialize((bytes: unknown) => bytes as string)
      .send(Buffer.from([0x22, 0xff, 0x22]));
    expect([status, body.code]).toEqual([400, 'invalid_json']);
  });
});
