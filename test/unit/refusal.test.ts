import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { answerMalformed } from '../../src/http/refusal';

const fault = (code: string) => Object.assign(new Error(code), { code });

describe('answerMalformed', () => {
  let socket: PassThrough;

  beforeEach(() => {
    socket = new PassThrough({ highWaterMark: 1 });
  });

  const answer = (code: string) => answerMalformed(fault(code), socket as unknown as Socket);

  it.each([
    ['HPE_INVALID_METHOD', 400],
    ['HPE_HEADER_OVERFLOW', 431],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ])('answers %s with %i, and says with which code', (code, status) => {
    expect(answer(code)).toBe('invalid_request');
    expect(String(socket.read())).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(socket.writableEnded).toBe(true);
  });

  it('answers nothing when the connection broke', () => {
    expect(answer('ECONNRESET')).toBeNull();
    expect(socket.destroyed).toBe(true);
  });

  it('answers nothing to whoever sends too slowly and reads nothing', () => {
    socket.write('an answer');
    socket.write('that nobody reads');
    expect(answer('ERR_HTTP_REQUEST_TIMEOUT')).toBeNull();
    expect(socket.destroyed).toBe(true);
  });
});
