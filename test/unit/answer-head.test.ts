import { parseAnswerHead, type AnswerHead } from '../../src/delivery/answer-head';

const parse = (...lines: string[]) => parseAnswerHead(lines.join('\r\n'));

describe('parseAnswerHead', () => {
  it.each<[string[], Partial<AnswerHead>]>([
    [['HTTP/1.1 200 OK', 'Content-Length: 2'], { status: 200, bodyLength: 2, keepsAlive: true }],
    [['HTTP/1.1 200', 'content-length:2'], { status: 200, bodyLength: 2 }],
    [['HTTP/1.1 204 No Content'], { status: 204, bodyLength: 0, keepsAlive: true }],
    [['HTTP/1.1 304 Not Modified', 'Content-Length: 9'], { bodyLength: 0 }],
    [['HTTP/1.1 103 Early Hints', 'Link: </a>'], { status: 103, bodyLength: 0 }],
    [['HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'], { bodyLength: 'chunked', keepsAlive: true }],
    [['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], { bodyLength: 'chunked' }],
    [['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip'], { bodyLength: 'until_close', keepsAlive: false }],
    [['HTTP/1.1 200 OK'], { bodyLength: 'until_close', keepsAlive: false }],
    [['HTTP/1.0 200 OK', 'Content-Length: 0'], { bodyLength: 0, keepsAlive: false }],
    [['HTTP/1.1 200 OK', 'Content-Length: 0', 'Connection: x, Close'], { keepsAlive: false }],
    [['HTTP/1.1 200 OK', 'Content-Length: 0', 'Connection: closed'], { keepsAlive: true }],
    [['HTTP/1.1 200 OK', 'Keep-Alive: max=9, timeout=5'], { keepAliveSeconds: 5 }],
    [['HTTP/1.1 200 OK', 'Keep-Alive: soon'], { keepAliveSeconds: null }],
    [['HTTP/1.1 503 No', 'Retry-After: \t120 ', 'Retry-After: 1'], { status: 503, retryAfter: '120' }],
    [['HTTP/1.1 200 OK', 'Content-Length: 3', 'Content-Length: 3'], { bodyLength: 3 }],
    [['HTTP/1.1 200 \xe9t\xe9', 'X: \xff\t~', 'Content-Length: 0'], { status: 200 }],
    [['HTTP/1.1 503 No', 'Retry-After:', '\t120'], { retryAfter: '120' }],
    [['HTTP/1.1 200 OK', 'WebHook-Allowed-Origin: *', 'webhook-allowed-origin: x'], { allowedOrigin: '*' }],
    [['HTTP/1.1 999 Strange', 'Content-Length: 0'], { status: 999 }],
  ])('reads %j', (lines, expected) => {
    expect(parse(...lines)).toMatchObject(expected);
  });

  it.each([
    [['220 mail.example.com ESMTP ready']],
    [['HTTP/2 200 OK']],
    [['HTTP/1.2 200 OK']],
    [['HTTP/1.1 000 Nothing']],
    [['HTTP/1.1 99 Short']],
    [['HTTP/1.1 2000 Long']],
    [['']],
    [['HTTP/1.1 200 OK', 'no header']],
    [['HTTP/1.1 200 OK', ': no name']],
    [['HTTP/1.1 200 OK', 'Content-Length : 2']],
    [['HTTP/1.1 200 OK', 'X: a\rContent-Length: 2']],
    [['HTTP/1.1 200 OK', 'X: a\nContent-Length: 2']],
    [['HTTP/1.1 200 OK', 'X: \0']],
    [['HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 3']],
    [['HTTP/1.1 200 OK', 'Content-Length: 2', 'Transfer-Encoding: chunked']],
    [['HTTP/1.1 200 OK', 'Content-Length: -2']],
    [['HTTP/1.1 200 OK', 'Content-Length: 2, 2']],
    [['HTTP/1.1 200 OK', 'Content-Length: 0x2']],
    [['HTTP/1.1 200 OK', 'Content-Length: 9999999999999999']],
  ])('does not accept %j', (lines) => {
    expect(() => parse(...lines)).toThrow(expect.objectContaining({ code: 'ANSWER_MALFORMED' }));
  });
});
