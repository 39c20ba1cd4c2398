/** @import { ServerEvent } from '../types' */

/** Takes server-sent events apart, in whatever pieces they come (the WHATWG's "event stream interpretation"). */
export class SseParser {
  #rest = '';
  /** @type {string | null} */
  #id = null;
  #name = '';
  /** @type {string[]} */
  #data = [];

  /**
   * @param {string} text
   * @returns {ServerEvent[]} the events that it completes
   */
  push(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    /** @type {ServerEvent[]} */
    const events = [];
    for (const line of lines) {
      const event = this.#take(line);
      if (event) events.push(event);
    }
    return events;
  }

  /**
   * @param {string} line
   * @returns {ServerEvent | null}
   */
  #take(line) {
    if (line === '') return this.#end();
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
    return null;
  }

  /** @returns {ServerEvent | null} */
  #end() {
    const event = { id: this.#id, name: this.#name || 'message', data: this.#data.join('\n') };
    const isEvent = this.#data.length > 0;
    this.#id = null;
    this.#name = '';
    this.#data = [];
    return isEvent ? event : null;
  }
}
