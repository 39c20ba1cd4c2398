import { fetchFault } from './fetch-fault';
import { type FieldFault, HeraldRequestError } from './herald-request-error';
import { parseUrl } from '../parse-url';

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

/** Makes requests to one server. */
export class Connection {
  readonly #base: string;

  /** @throws TypeError when the address is not an http or https URL */
  constructor(private readonly options: ConnectionOptions) {
    if (!/^https?:\/\/./i.test(options.url) || !parseUrl(options.url)) {
      throw new TypeError(`${options.url} is not an http or https URL`);
    }
    this.#base = options.url.replace(/\/+$/, '');
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
    const init = { method, headers: sent, ...(body !== undefined && { body }), ...(signal && { signal }) };
    const response = await this.#reach(() => fetch(`${this.#base}${path}${search}`, init), signal);
    if (response.ok) return response;
    throw await this.#refusal(response, signal);
  }

  /** The text of the answer. @throws HeraldRequestError */
  async text(call: Call): Promise<{ readonly response: Response; readonly text: string }> {
    const response = await this.open(call);
    return { response, text: await this.#reach(() => response.text(), call.signal) };
  }

  /** The answer, parsed; it is trusted to be what the server documents. @throws HeraldRequestError */
  async json<T>(call: Call): Promise<T> {
    const { response, text } = await this.text(call);
    const value = parsed(text);
    if (value === undefined) throw unexpected(response.status);
    return value as T;
  }

  /** What a connection that breaks throws becomes an error of ours. */
  async #reach<T>(request: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw this.#failureOf(error, signal);
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
  #failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    return new HeraldRequestError(
      `Herald cannot be reached at ${this.#base}: ${fetchFault(error) ?? 'fetch failed'}`,
      { status: 0, code: 'unreachable' },
      { cause: error },
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
      ...(Array.isArray(errors) && { errors: errors as readonly FieldFault[] }),
      ...(Number.isFinite(seconds) && { retryAfterSeconds: seconds }),
    });
  }
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

function unexpected(status: number): HeraldRequestError {
  return new HeraldRequestError(`What answered (with status ${status}) is not Herald; check the address`, {
    status,
    code: 'unexpected_answer',
  });
}
