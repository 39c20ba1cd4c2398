/** @import { TailData, TailEntry, TailFilter } from '../types' */

const KEPT = 5000;
/** Entries that are shown at most. */
const SHOWN = 500;

/** @type {TailFilter} */
const NO_FILTER = { topic: '', subscriber: '', outcome: '' };

/** The latest events, and those of them that a filter lets through. */
export class TailLog {
  /** @type {TailEntry[]} */
  #kept = [];
  #count = 0;
  #filter = NO_FILTER;
  /** How many were shown or would have been: says how far the list has moved. */
  matched = 0;
  /** @type {TailEntry[]} */
  #shown = [];

  /** What the filter lets through, the newest first. */
  get rows() {
    return this.#shown.slice(-SHOWN).reverse();
  }

  get filter() {
    return this.#filter;
  }

  /** How many there ever were. */
  get count() {
    return this.#count;
  }

  /**
   * @param {string} name
   * @param {TailData} data
   * @param {number} at
   */
  add(name, data, at) {
    const entry = { key: this.#count++, name, at, data };
    keep(this.#kept, entry, KEPT);
    if (!matches(entry, this.#filter)) return;
    this.matched += 1;
    keep(this.#shown, entry, SHOWN);
  }

  /** @param {TailFilter} filter */
  setFilter(filter) {
    this.#filter = filter;
    this.#show(this.#kept);
  }

  clear() {
    this.#kept = [];
    this.#show([]);
  }

  /**
   * The events about one message, the oldest first.
   *
   * @param {string} messageId
   */
  about(messageId) {
    return this.#kept.filter(({ data }) => data.messageId === messageId);
  }

  /** @param {readonly TailEntry[]} entries */
  #show(entries) {
    this.#shown = entries.filter((entry) => matches(entry, this.#filter)).slice(-SHOWN);
    this.matched = this.#shown.length;
  }
}

/**
 * Adds to a list that holds `limit` of the latest, and up to as many more before it is cut, so that adding costs
 * nothing that grows with the list.
 *
 * @template T
 * @param {T[]} list
 * @param {T} item
 * @param {number} limit
 */
function keep(list, item, limit) {
  list.push(item);
  if (list.length >= limit * 2) list.splice(0, list.length - limit);
}

/**
 * The server's rules: a topic may end with `*`, and an outcome lets only attempts through.
 *
 * @param {TailEntry} entry
 * @param {TailFilter} filter
 */
function matches({ name, data }, { topic, subscriber, outcome }) {
  if (name === 'gap' || name === 'note') return true;
  if (outcome !== '' && data.outcome !== outcome) return false;
  if (subscriber !== '' && data.subscriber !== subscriber) return false;
  if (topic === '') return true;
  if (topic.endsWith('*')) return data.topic?.startsWith(topic.slice(0, -1)) ?? false;
  return data.topic === topic;
}
