import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { HeraldError } from '../errors';
import { incomplete, readPlainBody, tooLargeError } from './plain-body';

/** A request's JSON body: its text as it came, and what it means. */
export interface JsonBody {
  readonly text: string;
  readonly value: unknown;
}

export type ReadJsonBody = (req: Request, res: Response) => Promise<JsonBody>;

/** What nearly everyone sends, and need not be taken apart. */
const JSON_TYPE = 'application/json';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Makes a reader of JSON bodies of at most `maxBytes` (counted after decompression).
 * It throws HeraldError: `empty_body`, `unsupported_media_type`, `message_too_large`, `invalid_json`, `invalid_request`.
 */
export function jsonBodyReader(maxBytes: number): ReadJsonBody {
  const readCompressed = rawBodyReader(maxBytes, 'message_too_large');
  return async (req, res) => {
    checkHasBody(req);
    checkMediaType(req);
    const { 'content-encoding': coding = 'identity' } = req.headers;
    if (coding.toLowerCase() === 'identity') return parse(await readPlainBody(req, maxBytes));
    // Compressing makes a body larger by some bytes at most, so this is too large in any case.
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLargeError(maxBytes);
    return parse(await readCompressed(req, res));
  };
}

/**
 * Makes a reader of bodies of any type, of at most `maxBytes` (counted after decompression). It resolves to what
 * `express.raw` makes of a body, and throws HeraldError: `tooLarge`, `unsupported_media_type`, `invalid_request`.
 */
export function rawBodyReader(
  maxBytes: number,
  tooLarge: 'message_too_large' | 'batch_too_large',
): (req: Request, res: Response) => Promise<unknown> {
  const read: RequestHandler = express.raw({ type: () => true, limit: maxBytes });
  return async (req, res) => {
    await new Promise<void>((resolve, reject) => {
      read(req, res, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(bodyError(error, tooLarge, maxBytes));
      });
    });
    return req.body as unknown;
  };
}

/**
 * Checks a body's meaning against a schema.
 *
 * @throws HeraldError `invalid_body` with every faulty field
 */
export function checkBody<T>(schema: z.ZodType<T>, { value }: JsonBody): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap(faultsOf);
  const summary = faults
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
  throw new HeraldError('invalid_body', `The body does not have the right form: ${summary}`, faults);
}

/** An unknown field is named where the others are; that a body is no object is said in the words of JSON. */
function faultsOf(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not known here' }));
  }
  if (issue.path.length === 0 && issue.code === 'invalid_type') {
    return [{ path: '', message: 'it must be a JSON object' }];
  }
  return [{ path: issue.path.join('.'), message: issue.message }];
}

function checkHasBody(req: Request): void {
  const hasBody =
    req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (!hasBody) throw emptyBody();
}

export function emptyBody(): HeraldError {
  return new HeraldError(
    'empty_body',
    'The request has no body; send JSON, for example with curl -d \'{"a": 1}\'',
  );
}

function checkMediaType(req: Request): void {
  const header = req.headers['content-type'];
  if (header === JSON_TYPE) return;
  if (req.is(['application/json', '+json']) === false) {
    const given = header === undefined ? 'without a Content-Type' : `as ${header}`;
    throw unsupported(`The body came ${given}; send it with -H "Content-Type: application/json"`);
  }
  checkCharset(header, JSON_TYPE);
}

/** @throws HeraldError `unsupported_media_type` when a Content-Type names a charset other than UTF-8 */
export function checkCharset(contentType = '', wanted: string): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1]?.toLowerCase();
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset)) {
    throw unsupported(`JSON is UTF-8 (RFC 8259); send it with -H "Content-Type: ${wanted}"`);
  }
}

function unsupported(message: string): HeraldError {
  return new HeraldError('unsupported_media_type', message);
}

function parse(body: unknown): JsonBody {
  if (!Buffer.isBuffer(body) || body.length === 0) throw emptyBody();
  return parseJson(decodeUtf8(body));
}

/** @throws HeraldError `invalid_json` */
export function decodeUtf8(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new HeraldError('invalid_json', 'The body is not valid UTF-8', [], { cause });
  }
}

/** @throws HeraldError `invalid_json` that says where the fault is */
export function parseJson(text: string): JsonBody {
  try {
    return { text, value: JSON.parse(text) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it cannot be parsed';
    throw new HeraldError('invalid_json', `The body is not valid JSON: ${reason}`, [], { cause });
  }
}

/** The body reader's own errors carry a `type`; see the body-parser package's list. */
function bodyError(
  error: unknown,
  tooLarge: 'message_too_large' | 'batch_too_large',
  maxBytes: number,
): Error {
  if (!(error instanceof Error)) return new Error('The body could not be read', { cause: error });
  const options = { cause: error };
  switch ('type' in error ? error.type : undefined) {
    case 'entity.too.large':
      return tooLargeError(maxBytes, tooLarge, options);
    case 'encoding.unsupported':
      return new HeraldError(
        'unsupported_media_type',
        'Use no Content-Encoding, or gzip, deflate or br',
        [],
        options,
      );
    case 'request.aborted':
    case 'request.size.invalid':
      return incomplete(options);
    default:
      // zlib reports a body that is not what its Content-Encoding says by an error with a code.
      return 'code' in error
        ? new HeraldError(
            'invalid_request',
            'The body could not be read; check its Content-Encoding',
            [],
            options,
          )
        : error;
  }
}
