import { AnswerError } from './answer-error';

/** What of an answer's status line and headers matters here. */
export interface AnswerHead {
  readonly status: number;
  /** As sent. */
  readonly retryAfter: string | undefined;
  /** `WebHook-Allowed-Origin` as sent. */
  readonly allowedOrigin: string | undefined;
  /** `WebHook-Allowed-Rate` as sent. */
  readonly allowedRate: string | undefined;
  /** Bytes of the body; or it comes in chunks, or ends with the connection. */
  readonly bodyLength: number | 'chunked' | 'until_close';
  /** Whether the connection may serve another request afterwards. */
  readonly keepsAlive: boolean;
  /** For how long the other side says to keep an unused connection, in seconds; null when it does not say. */
  readonly keepAliveSeconds: number | null;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/;
/** What a head may not hold: control characters, and line ends that are not CR LF. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;
/** A header continued on the next line (RFC 9112 §5.2). */
const FOLD = /\r\n[ \t]+/g;

/** The headers that are looked at; the values of each, in the order in which they came. */
const KNOWN = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'retry-after',
  'transfer-encoding',
  'webhook-allowed-origin',
  'webhook-allowed-rate',
]);
type Fields = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the head of an answer, without the empty line at its end. The rules for how long the body is are those of
 * RFC 9112 §6.3; what could be understood in two ways is not accepted.
 *
 * @throws AnswerError `ANSWER_MALFORMED`
 */
export function parseAnswerHead(text: string): AnswerHead {
  if (FORBIDDEN.test(text)) throw malformed('has a character that may not be there');
  const [statusLine = '', ...lines] = text.replace(FOLD, ' ').split('\r\n');
  const [, minorVersion, digits] = STATUS_LINE.exec(statusLine) ?? [];
  if (digits === undefined) throw malformed('does not begin with a status line of HTTP/1.1');
  const fields = fieldsOf(lines);
  const status = Number(digits);
  const bodyLength = bodyLengthOf(status, fields);
  const closes = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(joined(fields.get('connection')));
  return {
    status,
    retryAfter: fields.get('retry-after')?.[0],
    allowedOrigin: fields.get('webhook-allowed-origin')?.[0],
    allowedRate: fields.get('webhook-allowed-rate')?.[0],
    bodyLength,
    keepsAlive: minorVersion === '1' && bodyLength !== 'until_close' && !closes,
    keepAliveSeconds: keepAliveSecondsOf(joined(fields.get('keep-alive'))),
  };
}

function fieldsOf(lines: readonly string[]): Fields {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const [, rawName, value] = FIELD.exec(line) ?? [];
    if (rawName === undefined || value === undefined) throw malformed('has a line that is no header');
    const name = rawName.toLowerCase();
    if (!KNOWN.has(name)) continue;
    const values = fields.get(name);
    if (values) values.push(value.trimEnd());
    else fields.set(name, [value.trimEnd()]);
  }
  return fields;
}

function joined(values: readonly string[] = []): string {
  return values.join(',');
}

function bodyLengthOf(status: number, fields: Fields): AnswerHead['bodyLength'] {
  if (status < 200 || status === 204 || status === 304) return 0;
  const lengths = fields.get('content-length') ?? [];
  const codings = fields.get('transfer-encoding');
  if (codings) {
    if (lengths.length > 0) throw malformed('has a length and comes in chunks');
    return /(?:^|,)[ \t]*chunked$/i.test(joined(codings)) ? 'chunked' : 'until_close';
  }
  const [length] = lengths;
  if (length === undefined) return 'until_close';
  if (!/^\d{1,15}$/.test(length) || lengths.some((it) => it !== length)) {
    throw malformed('has a length that is no number, or two');
  }
  return Number(length);
}

function keepAliveSecondsOf(value: string): number | null {
  const [, seconds] = /(?:^|[,; \t])timeout=(\d{1,9})/i.exec(value) ?? [];
  return seconds === undefined ? null : Number(seconds);
}

function malformed(what: string): AnswerError {
  return new AnswerError('ANSWER_MALFORMED', `The answer ${what}`);
}
