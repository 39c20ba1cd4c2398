/** @import { Connection, ServerEvent } from '../types' */
import { ApiError, errorText, request } from './api.js';
import { SseParser } from './sse-parser.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** The server sends something every second. */
const SILENCE_MS = 20_000;
/** The time for which events are taken in without a break. */
const SLICE_MS = 8;

/**
 * @typedef {object} TailListener
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(connection: Connection) => void} onChange
 */

/** Reads `GET /tail` and goes on with it for good: after a break, from where it was. */
export class TailReader {
  #listener;
  #failures = 0;
  #lastId = '';
  #isRunning = false;
  #isResting = false;
  /** @type {Silence | null} */
  #silence = null;
  /**
   * Ends the pause before the next try, or the rest.
   *
   * @type {() => void}
   */
  #wake = () => undefined;

  /** @param {TailListener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Reads until the server refuses; to be called again once there is another token, with which it begins anew. */
  async run() {
    if (this.#isRunning) {
      this.#silence?.abort('The token has changed');
      this.retryNow();
      return;
    }
    this.#isRunning = true;
    while (this.#isRunning) {
      try {
        if (this.#isResting) await this.#untilWanted();
        await this.#readOnce();
        await this.#pause('The connection ended');
      } catch (error) {
        if (error instanceof ApiError && [401, 403].includes(error.status)) {
          this.#isRunning = false;
          this.#listener.onChange({ status: 'refused', reason: error.status === 401 ? null : error.message });
        } else if (!this.#isResting) {
          await this.#pause(errorText(error));
        }
      }
    }
  }

  /** Tries at once what would be tried later. */
  retryNow() {
    this.#wake();
  }

  /** Gives the connection back, until it is to go on from where it was. */
  rest() {
    this.#isResting = true;
    this.#silence?.abort('Nobody reads');
    this.#wake();
  }

  goOn() {
    this.#isResting = false;
    this.#wake();
  }

  async #untilWanted() {
    this.#listener.onChange({ status: 'resting' });
    while (this.#isResting) await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    this.#listener.onChange({ status: 'connecting' });
  }

  async #readOnce() {
    const silence = new Silence(SILENCE_MS);
    this.#silence = silence;
    try {
      const headers = { Accept: 'text/event-stream', ...(this.#lastId && { 'Last-Event-ID': this.#lastId }) };
      const response = await request('tail', { headers, signal: silence.signal });
      if (!response.body) return;
      this.#listener.onChange({ status: 'live', since: Date.now() });
      this.#failures = 0;
      await this.#readAll(response.body.pipeThrough(new TextDecoderStream()).getReader(), silence);
    } finally {
      silence.end();
    }
  }

  /**
   * @param {ReadableStreamDefaultReader<string>} reader
   * @param {Silence} silence
   */
  async #readAll(reader, silence) {
    const parser = new SseParser();
    let began = performance.now();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      silence.restart();
      for (const event of parser.push(chunk.value)) {
        if (event.id !== null) this.#lastId = event.id;
        this.#listener.onEvent(event);
      }
      // What has arrived already is read without a break; the page must be able to draw and to answer keys meanwhile.
      if (performance.now() - began > SLICE_MS) {
        await new Promise((resolve) => setTimeout(resolve));
        began = performance.now();
      }
    }
  }

  /** @param {string} reason */
  async #pause(reason) {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    const pauseMs = longest * (0.75 + Math.random() / 4);
    this.#failures += 1;
    this.#listener.onChange({ status: 'waiting', retryAt: Date.now() + pauseMs, reason });
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    this.#listener.onChange({ status: 'connecting' });
  }
}

/** Aborts when nothing has come for a while: the connection is dead, whatever it says. */
class Silence {
  #controller = new AbortController();
  #limitMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {number} limitMs */
  constructor(limitMs) {
    this.#limitMs = limitMs;
    this.restart();
  }

  get signal() {
    return this.#controller.signal;
  }

  restart() {
    this.end();
    this.#timer = setTimeout(() => this.abort('The server has fallen silent'), this.#limitMs);
  }

  /** @param {string} reason */
  abort(reason) {
    this.#controller.abort(new Error(reason));
  }

  end() {
    clearTimeout(this.#timer);
  }
}
