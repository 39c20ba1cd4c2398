import { fits, type Shape } from './answer-shape';
import { fetchFault, wasCutWhileSending } from './fetch-fault';
import { type FieldFault, HeraldRequestError } from './herald-request-error';
import { hasCredentials, parseUrl } from '../parse-url';

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One request. */
export interface Call extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
}

export interface ConnectionOptions {
  /** The server's address; what follows the host stays. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly fetch: typeof fetch;
}

/** An answer, and what it holds. */
interface Answered<T> {
  readonly response: Response;
  readonly answer: T;
}

/** Characters of a body that servers may refuse for its size. */
const LARGE = 65_536;

/** Makes requests to one server. */
export class Connection {
  readonly #base: string;

  /** @throws TypeError when the address is not an http or https URL, or the token cannot be sent. No message holds a secret. */
  constructor(private readonly options: ConnectionOptions) {
    this.#base = baseOf(options.url);
    if (options.token !== undefined && !/^[\x21-\x7e]+$/.test(options.token)) {
      throw new TypeError('The token cannot be sent: it must be printable ASCII characters without spaces');
    }
  }

  /**
   * The answer, when it is a success; its body is yet to be read.
   *
   * @throws HeraldRequestError
   */
  async open({ method, path, query = {}, headers = {}, body, signal }: Call): Promise<Response> {
    const search = searchOf(query);
    const { token, fetch } = this.options;
    const sent: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent[name] = value;
    const init = {
      method,
      headers: new Headers(sent),
      // What follows a redirect would be a GET, without what was to be sent.
      redirect: 'manual',
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    } as const;
    const target = `${path}${search}`;
    const response = await this.#reach(() => fetch(`${this.#base}${target}`, init), signal, body);
    if (response.ok) return response;
    if (response.status < 300 || response.status >= 400) throw await this.#refusal(response, signal);
    await discard(response);
    throw this.#redirected(response, target);
  }

  /** The text of the answer. @throws HeraldRequestError */
  async text(call: Call): Promise<{ readonly response: Response; readonly text: string }> {
    const response = await this.open(call);
    return { response, text: await this.#reach(() => response.text(), call.signal) };
  }

  /** The answer, parsed. @throws HeraldRequestError, also when it is not of this shape */
  async json<T>(call: Call, shape: Shape): Promise<Answered<T>> {
    const { response, text } = await this.text(call);
    return { response, answer: readAs(text, shape, response.status) as T };
  }

  /** What a connection that breaks throws becomes an error of ours. */
  async #reach<T>(request: () => Promise<T>, signal: AbortSignal | undefined, body = ''): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw this.#failureOf(error, signal, body);
    }
  }

  /** The body of an answer, as it comes. @throws HeraldRequestError when it breaks off */
  async *bytes(response: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
    try {
      if (response.body) yield* response.body;
    } catch (error) {
      throw this.#failureOf(error, signal);
    }
  }

  /** The error to throw for what a connection threw: the signal's own reason once that has aborted. */
  #failureOf(error: unknown, signal: AbortSignal | undefined, body = ''): unknown {
    if (signal?.aborted) return signal.reason;
    const fault = fetchFault(error) ?? 'fetch failed';
    // Whoever refuses a body may do so while it is sent; the answer that says so is lost then.
    const isCut = body.length >= LARGE && wasCutWhileSending(error);
    const message = isCut
      ? `Herald at ${this.#base} took only a part of a body of ${body.length} characters (${fault}): is it larger than its MAX_MESSAGE_BYTES?`
      : `Herald cannot be reached at ${this.#base}: ${fault}`;
    return new HeraldRequestError(message, { status: 0, code: 'unreachable' }, { cause: error });
  }

  #redirected({ status, headers }: Response, target: string): HeraldRequestError {
    const location = headers.get('location');
    const to = (location === null ? null : parseUrl(location, this.#base)?.href) ?? 'elsewhere';
    // A server that has moved has the same paths where it is now.
    const server = to.endsWith(target) ? to.slice(0, -target.length) : null;
    const advice = server === null ? "use the server's own address" : `use ${server} as its address`;
    return new HeraldRequestError(
      `${this.#base} answers with a redirect (${status}) to ${to}, which is not followed: ${advice}`,
      { status, code: 'unexpected_answer' },
    );
  }

  async #refusal(response: Response, signal: AbortSignal | undefined): Promise<HeraldRequestError> {
    const answer = parsed(await this.#reach(() => response.text(), signal));
    const { status } = response;
    const { message, code, errors } = (answer ?? {}) as Partial<Record<string, unknown>>;
    if (typeof message !== 'string' || typeof code !== 'string') return unexpected(status);
    const seconds = Number(response.headers.get('retry-after') ?? NaN);
    return new HeraldRequestError(message, {
      status,
      code,
      answer,
      ...(Array.isArray(errors) && { errors: errors.filter(isFieldFault) }),
      ...(Number.isFinite(seconds) && { retryAfterSeconds: seconds }),
    });
  }
}

function isFieldFault(value: unknown): value is FieldFault {
  return fits(value, { path: 'string', message: 'string' });
}

/** Gives back the connection of an answer that nobody reads: it may never end. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel();
}

function searchOf(query: NonNullable<Call['query']>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params.toString()}`;
}

/** Undefined when it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * An answer's text, parsed, when it has this shape.
 *
 * @throws HeraldRequestError `unexpected_answer`
 */
export function readAs(text: string, shape: Shape, status: number): unknown {
  const value = parsed(text);
  if (!fits(value, shape)) throw unexpected(status);
  return value;
}

/** @throws TypeError whose message holds neither a password nor a query, in which secrets are written, too */
function baseOf(address: string): string {
  const url = /^\s*https?:\/\/./i.test(address) ? parseUrl(address) : null;
  if (!url) throw new TypeError(`${address.replace(/^.*@|[?#].*$/gs, '…')} is not an http or https URL`);
  if (hasCredentials(url)) {
    throw new TypeError("The server's address must have no user name and no password; give a token");
  }
  if (url.search !== '' || url.hash !== '') {
    throw new TypeError("The server's address must have no query and no fragment");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

export function unexpected(status: number, cause?: unknown): HeraldRequestError {
  return new HeraldRequestError(
    `What answered (with status ${status}) is not Herald; check the address`,
    { status, code: 'unexpected_answer' },
    { cause },
  );
}
