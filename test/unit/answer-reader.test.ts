import fc from 'fast-check';
import { AnswerReader } from '../../src/delivery/answer-reader';

const LIMITS = { maxHeaderBytes: 200, maxBodyBytes: 20 };
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** What a reader says that is given these pieces, one after the other, and then maybe the end of the connection. */
function read(pieces: readonly string[], { ends = false } = {}) {
  const reader = new AnswerReader(LIMITS);
  let isComplete = false;
  let code: unknown = null;
  try {
    for (const piece of pieces) {
      // The reader must not keep what it was given: sockets read into the same memory again.
      const bytes = Buffer.from(piece, 'latin1');
      isComplete = reader.read(bytes);
      bytes.fill('?');
      if (isComplete) break;
    }
    if (!isComplete && ends) isComplete = reader.end();
  } catch (error) {
    code = (error as { code: unknown }).code;
  }
  return { status: reader.head?.status ?? null, isComplete, isExact: isComplete && reader.isExact, code };
}

const complete = (status = 200) => ({ status, isComplete: true, isExact: true, code: null });
const incomplete = (status: number | null) => ({ status, isComplete: false, isExact: false, code: null });
const broken = (code: string, status: number | null) => ({ status, isComplete: false, isExact: false, code });

const ANSWERS: [name: string, text: string, expected: ReturnType<typeof read>][] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', complete()],
  ['no body', 'HTTP/1.1 204 No Content\r\n\r\n', complete(204)],
  ['an empty body', 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n', complete(500)],
  ['chunks', `${CHUNKED}2\r\nok\r\n1;a=b\r\n!\r\n0\r\n\r\n`, complete()],
  ['no chunk but the last', `${CHUNKED}0\r\n\r\n`, complete()],
  ['trailers', `${CHUNKED}2\r\nok\r\n0\r\nX: 1\r\nY: 2\r\n\r\n`, complete()],
  [
    'informational answers first',
    `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nX: 1\r\n\r\nHTTP/1.1 204 N\r\n\r\n`,
    complete(204),
  ],
  ['only an informational answer', 'HTTP/1.1 100 Continue\r\n\r\n', incomplete(null)],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-', incomplete(null)],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok', incomplete(200)],
  ['half a chunk', `${CHUNKED}4\r\nok`, incomplete(200)],
  ['no last chunk', `${CHUNKED}2\r\nok\r\n`, incomplete(200)],
  ['the largest body', `HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n${'a'.repeat(20)}`, complete()],
  ['half trailers', `${CHUNKED}0\r\nX: 1\r\n`, incomplete(200)],
  ['another protocol', 'SSH-2.0-OpenSSH\r\n', broken('ANSWER_MALFORMED', null)],
  ['a switch of protocols', 'HTTP/1.1 101 S\r\nUpgrade: chat\r\n\r\n', broken('ANSWER_MALFORMED', null)],
  ['a chunk without a size', `${CHUNKED}x\r\n`, broken('ANSWER_MALFORMED', 200)],
  ['a chunk longer than its size', `${CHUNKED}2\r\nokay\r\n`, broken('ANSWER_MALFORMED', 200)],
  [
    'a head that is too long',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(200)}\r\n\r\n`,
    broken('ANSWER_HEAD_TOO_LARGE', null),
  ],
  [
    'informational answers without end',
    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20),
    broken('ANSWER_HEAD_TOO_LARGE', null),
  ],
  [
    'a hint that a large head is to come, and the head',
    `HTTP/1.1 103 E\r\nX: ${'a'.repeat(150)}\r\n\r\nHTTP/1.1 204 N\r\nX: ${'a'.repeat(150)}\r\n\r\n`,
    complete(204),
  ],
  [
    'chunks with long extensions',
    `${CHUNKED}${`1;${'e'.repeat(150)}\r\na\r\n`.repeat(3)}`,
    { ...complete(), isExact: false },
  ],
  [
    'trailers that are too long',
    `${CHUNKED}0\r\n${`X: ${'a'.repeat(100)}\r\n`.repeat(2)}\r\n`,
    broken('ANSWER_HEAD_TOO_LARGE', 200),
  ],
];

describe('AnswerReader', () => {
  it.each(ANSWERS)('reads %s', (_, text, expected) => {
    expect(read([text])).toStrictEqual(expected);
  });

  it.each(ANSWERS)('reads %s in whatever pieces it comes', (_, text, expected) => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end));
        expect(read(pieces.filter((piece) => piece !== ''))).toStrictEqual(expected);
      }),
    );
    expect(read(text.split(''))).toStrictEqual(expected);
  });

  it('ends with the connection when there is no length', () => {
    const head = 'HTTP/1.1 200 OK\r\n\r\n';
    expect(read([head, 'ok'])).toStrictEqual(incomplete(200));
    expect(read([head, 'ok'], { ends: true })).toMatchObject({ isComplete: true });
    expect(read([head], { ends: true })).toMatchObject({ isComplete: true });
  });

  it.each([
    ['before a head', 'HTTP/1.1 200'],
    ['in a body', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok'],
    ['between chunks', `${CHUNKED}2\r\nok\r\n`],
  ])('is not complete when the connection ends %s', (_, text) => {
    expect(read([text], { ends: true }).isComplete).toBe(false);
  });

  it.each([
    ['with its length', `HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n${'a'.repeat(21)}`],
    ['in chunks', `${CHUNKED}14\r\n${'a'.repeat(20)}\r\n1\r\na`],
    ['until the end of the connection', `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(21)}`],
  ])('reads no more than the limit of a body sent %s, and then is not exact', (_, text) => {
    expect(read([text])).toStrictEqual({ ...complete(), isExact: false });
  });

  it('is not exact when more than the answer came', () => {
    expect(read(['HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'])).toStrictEqual({
      ...complete(204),
      isExact: false,
    });
  });

  it('keeps nothing of what came behind the end, which would last as long as the connection', () => {
    const bytes = Buffer.from(`${CHUNKED}15\r\n${'a'.repeat(21)}\r\n${'b'.repeat(65_000)}`);
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 100 }, () => new AnswerReader(LIMITS));
    expect(readers.map((reader) => reader.read(bytes))).not.toContain(false);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(readers.map(({ isExact }) => isExact)).not.toContain(true);
  });

  it('says whether anything came', () => {
    const reader = new AnswerReader(LIMITS);
    expect(reader.hasBegun).toBe(false);
    reader.read(Buffer.from('H'));
    expect(reader.hasBegun).toBe(true);
  });

  it.each([
    ['all of it', 'Content-Length: 5', 'hello', 'hello'],
    ['what chunks are made of', 'Transfer-Encoding: chunked', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello'],
    ['no more than is read', 'Content-Length: 90', 'a'.repeat(90), 'a'.repeat(20)],
    [
      'no more of chunks than is read',
      'Transfer-Encoding: chunked',
      `f\r\n${'a'.repeat(15)}\r\nf\r\n${'b'.repeat(15)}\r\n`,
      'a'.repeat(15) + 'b'.repeat(5),
    ],
  ])('hands the body over: %s', (_name, header, body, expected) => {
    const text = `HTTP/1.1 200 OK\r\n${header}\r\n\r\n${body}`;
    for (const pieceLength of [1, 7, text.length]) {
      let read = '';
      const reader = new AnswerReader(LIMITS, (bytes) => (read += bytes.toString('latin1')));
      for (let at = 0; at < text.length; at += pieceLength) {
        if (reader.read(Buffer.from(text.slice(at, at + pieceLength)))) break;
      }
      expect(read).toBe(expected);
    }
  });
});
