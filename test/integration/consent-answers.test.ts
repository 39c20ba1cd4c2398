import { startSending } from '../support/misbehaving';
import { startTestService, type TestService } from '../support/start-test-service';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** What a subscriber may send in answer to the question whether it wants pushes. */
const NO_HTTP: [name: string, answer: string][] = [
  ['another protocol', 'ICY 200 OK\r\n\r\n'],
  ['the banner of a mail server', '220 mail.example.com ESMTP ready\r\n'],
  ['the banner of SSH', 'SSH-2.0-OpenSSH_9.7\r\n'],
  ['zeros', '\0'.repeat(1000)],
  ['a page alone', '<html></html>'],
  ['line ends without CR', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['another version', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 99 X\r\nContent-Length: 0\r\n\r\n'],
  ['a header without a colon', `${OK}header\r\nContent-Length: 0\r\n\r\n`],
  ['a header without a name', `${OK}: x\r\nContent-Length: 0\r\n\r\n`],
  ['a header with NUL', `${OK}X: a\0b\r\nContent-Length: 0\r\n\r\n`],
  ['a space before the colon', `${OK}Content-Length : 2\r\n\r\nok`],
  ['a negative length', `${OK}Content-Length: -2\r\n\r\nok`],
  ['a length that is too long', `${OK}Content-Length: 99999999999999999999\r\n\r\nok`],
  ['two lengths', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`],
  ['a length and chunks', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a chunk of no size', `${CHUNKED}ZZ\r\n`],
  ['a chunk of an endless size', `${CHUNKED}ffffffffffffffffff\r\n`],
  ['a chunk that is longer than its size', `${CHUNKED}2\r\nabcdef\r\n0\r\n\r\n`],
  ['a chunk that is cut off', `${CHUNKED}5\r\nab`],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ['nothing', ''],
];

describe('subscribing whoever answers the question for consent with what is not HTTP', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ VERIFY_SUBSCRIBERS: 'on' });
  });

  afterAll(() => service.close());

  it.each(NO_HTTP)('is refused after %s', async (_name, answer) => {
    const raw = await startSending(answer);
    const response = await service.post('/subscribe/orders', JSON.stringify({ url: raw.url }));
    await expect(response.json()).resolves.toMatchObject({
      code: 'verification_failed',
      message: expect.stringContaining('(connection_reset)'),
    });
    expect(response.status).toBe(422);
    await raw.close();
  });
});
