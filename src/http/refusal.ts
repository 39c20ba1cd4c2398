/*
 * Answers to what the application does not get to see, in the form of all its errors.
 */
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors';
import { giveRequestId } from './middleware/request-id';

const JSON_TYPE = 'application/json; charset=utf-8';
const INVALID_REQUEST = 'This is not a valid HTTP request';

/** What is answered. */
export interface Refusal {
  readonly message: string;
  readonly code: ErrorCode;
}

export const NOT_VALID: Refusal = { message: INVALID_REQUEST, code: 'invalid_request' };
export const UNMET_EXPECTATION: Refusal = {
  message: 'Only "Expect: 100-continue" is supported',
  code: 'invalid_request',
};
const NO_PROXY: Refusal = { message: 'This server is not a proxy', code: 'method_not_allowed' };

const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

const PARSE_FAULTS: Readonly<Record<string, { status: number; message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The request headers are too large' },
  [TIMEOUT]: { status: 408, message: 'The request did not arrive in time' },
};

/** A request has one Host, which only HTTP/1.0 may leave out (RFC 9112 §3.2). */
export function hasFaultyHost({ headers, rawHeaders, httpVersion }: IncomingMessage): boolean {
  if (headers.host === undefined) return httpVersion === '1.1';
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** Answers without the application, and closes the connection. */
export function refuse(res: ServerResponse, status: number, answer: Refusal): void {
  const body = JSON.stringify(answer);
  giveRequestId(res.req, res);
  res
    .writeHead(status, {
      Connection: 'close',
      'Content-Type': JSON_TYPE,
      'Content-Length': Buffer.byteLength(body),
      ...(status === 503 && { 'Retry-After': '1' }),
    })
    .end(body);
}

/**
 * Answers what never became a request, in the form of all other errors.
 *
 * @returns the code of the answer, null when there is none
 */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): ErrorCode | null {
  // A client that neither sends its request nor reads what it was answered before would not read this either.
  const isStuck = error.code === TIMEOUT && socket.writableLength > 0;
  if (!socket.writable || error.code === 'ECONNRESET' || isStuck) {
    socket.destroy();
    return null;
  }
  const { status, message } = PARSE_FAULTS[error.code ?? ''] ?? {
    status: 400,
    message: INVALID_REQUEST,
  };
  return end(socket, status, { message, code: 'invalid_request' });
}

/**
 * CONNECT asks a proxy for a tunnel (RFC 9110 §9.3.6).
 *
 * @returns the code of the answer
 */
export function answerConnect(socket: Duplex): ErrorCode {
  return end(socket, 405, NO_PROXY, 'Allow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r\n');
}

function end(socket: Duplex, status: number, answer: Refusal, headers = ''): ErrorCode {
  const body = JSON.stringify(answer);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n${headers}Content-Type: ${JSON_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return answer.code;
}
