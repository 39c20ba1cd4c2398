import { type CallOptions, type Connection, readAs } from './call';
import { HeraldRequestError } from './herald-request-error';
import { jsonTextOf } from './message-text';
import { textLines } from './text-lines';
import type { BatchAnswer } from './types';

export interface PublishOptions extends CallOptions {
  /**
   * Makes it safe to publish again after a failure: the same key and data within 24 hours are the same message. Up to 255
   * characters; for many messages up to 240, since each request has its number behind it.
   */
  readonly idempotencyKey?: string | undefined;
  /** `respond-async`: answered as soon as it is stored. A number: waits at most so many seconds for outcomes. */
  readonly prefer?: 'respond-async' | number | undefined;
}

/** The server takes this many messages, and this many bytes, in one request. */
const MAX_MESSAGES = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

export async function* publishMany(
  connection: Connection,
  topic: string,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
  options: PublishOptions,
): AsyncGenerator<BatchAnswer, void> {
  let number = 0;
  for await (const lines of batchesOf(messages)) {
    const { idempotencyKey } = options;
    const key = idempotencyKey === undefined ? undefined : `${idempotencyKey}/${number}`;
    yield* publishBatch(connection, topic, lines, { ...options, idempotencyKey: key });
    number += 1;
  }
}

/** The headers that say how to publish. */
export function publishHeaders({
  idempotencyKey,
  prefer,
}: PublishOptions): Record<string, string | undefined> {
  return {
    'idempotency-key': idempotencyKey,
    prefer: typeof prefer === 'number' ? `wait=${prefer}` : prefer,
  };
}

async function* publishBatch(
  connection: Connection,
  topic: string,
  lines: readonly string[],
  options: PublishOptions,
): AsyncGenerator<BatchAnswer, void> {
  const response = await connection.open({
    method: 'POST',
    path: `/publish/${encodeURIComponent(topic)}`,
    headers: { 'content-type': 'application/x-ndjson', ...publishHeaders(options) },
    body: lines.join('\n'),
    signal: options.signal,
  });
  let answered = 0;
  for await (const line of textLines(connection.bytes(response, options.signal))) {
    answered += 1;
    yield readAs(line, { status: 'number', message: 'string' }, response.status) as BatchAnswer;
  }
  if (answered < lines.length) {
    throw new HeraldRequestError(
      `Herald ended the answer after ${answered} of ${lines.length} messages; what became of the others is not known`,
      { status: 0, code: 'unreachable' },
    );
  }
}

/** JSON texts, one per line, in batches that the server takes. */
async function* batchesOf(
  messages: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<readonly string[], void> {
  let lines: string[] = [];
  let bytes = 0;
  for await (const message of messages) {
    // A line break outside of a text means nothing in JSON, and inside one it does not occur.
    const line = jsonTextOf(message).replace(/[\r\n]/g, ' ');
    const size = new TextEncoder().encode(line).length + 1;
    if (lines.length > 0 && (lines.length === MAX_MESSAGES || bytes + size > MAX_BYTES)) {
      yield lines;
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += size;
  }
  if (lines.length > 0) yield lines;
}
