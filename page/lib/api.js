import { Slice } from './slice.js';

const TOKEN_KEY = 'herald.token';
const ANSWER_SECONDS = 30;

const NO_TOKEN = 'Enter a token first, at the top of the page';

/** Whether the server asked for a token, and why it refused the one that it got. */
export const access = new Slice({ isNeeded: false, hasToken: token() !== '', reason: '' });

/** An answer that is no success, or none at all; its message is the server's own. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status 0: no answer
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @param {string} value empty: forget it */
export function setToken(value) {
  if (value === '') sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, value);
  access.set({ isNeeded: false, hasToken: value !== '', reason: '' });
}

function token() {
  return sessionStorage.getItem(TOKEN_KEY) ?? '';
}

/**
 * @typedef {object} Call
 * @property {string} [method]
 * @property {Readonly<Record<string, string>>} [query]
 * @property {string} [body] a JSON text
 * @property {Readonly<Record<string, string>>} [headers]
 * @property {AbortSignal} [signal] in place of a `deadline`
 */

/**
 * A bound on how long the server may take: what hangs behind others in the browser is never sent, and says nothing.
 *
 * @param {string} [method]
 * @returns {{ signal: AbortSignal, lift: () => void }} `lift`: there is none any more
 */
export function deadline(method = 'GET') {
  const controller = new AbortController();
  const late = `The server did not answer within ${ANSWER_SECONDS} s`;
  const reason = method === 'GET' ? late : `${late}; it may do what it was asked all the same`;
  const timer = setTimeout(() => controller.abort(new Error(reason)), ANSWER_SECONDS * 1000);
  return { signal: controller.signal, lift: () => clearTimeout(timer) };
}

/**
 * Sends a request with the token, if there is one. What the server has refused it is not asked again, as whoever goes on
 * is banned: not until there is another token.
 *
 * @param {string} path
 * @param {Call} [call]
 * @returns {Promise<Response>} a success
 * @throws {ApiError} and what `signal` is aborted with, also when the answer is read
 */
export async function request(path, call = {}) {
  const { method = 'GET', query = {}, body, headers = {}, signal = deadline(method).signal } = call;
  const { isNeeded, reason } = access.value;
  if (isNeeded) throw unauthorized(reason);
  const sent = token();
  const search = new URLSearchParams(query).toString();
  const url = new URL(search === '' ? path : `${path}?${search}`, document.baseURI);
  const response = await send(url, {
    method,
    cache: 'no-store',
    headers: {
      ...headers,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(sent !== '' && { Authorization: `Bearer ${sent}` }),
    },
    ...(body !== undefined && { body }),
    signal,
  });
  if (!response.ok) throw await errorOf(response, sent);
  return response;
}

/**
 * @param {Response} response
 * @param {string} sent the token that was sent
 */
async function errorOf(response, sent) {
  const message = messageOf(await response.text(), response.status);
  if (response.status !== 401) return new ApiError(message, response.status);
  // To whoever sends none the server says how a program sends one.
  const reason = sent === '' ? '' : message;
  // Another one may have been given meanwhile.
  if (sent === token()) access.set({ isNeeded: true, hasToken: sent !== '', reason });
  return unauthorized(reason);
}

/** @param {string} reason why a token was refused; empty: none was sent */
function unauthorized(reason) {
  return new ApiError(reason === '' ? NO_TOKEN : reason, 401);
}

/**
 * @param {URL} url
 * @param {RequestInit & { signal: AbortSignal }} init
 */
async function send(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal.aborted) throw error;
    throw new ApiError('The server cannot be reached', 0);
  }
}

/**
 * The answer's meaning, for answers that hold no data of publishers.
 *
 * @template T
 * @param {string} path
 * @param {Call} [call]
 * @returns {Promise<T>}
 */
export async function requestJson(path, call) {
  const response = await request(path, call);
  return /** @type {T} */ (await response.json());
}

/**
 * @param {string} text
 * @param {number} status
 */
function messageOf(text, status) {
  const otherwise = `The server answered ${status}`;
  if (!text.startsWith('{')) return otherwise;
  const body = /** @type {{ message?: unknown }} */ (JSON.parse(text));
  return typeof body.message === 'string' ? body.message : otherwise;
}

/**
 * @param {unknown} error
 * @returns {string} what to show
 */
export function errorText(error) {
  return error instanceof Error ? error.message : String(error);
}
