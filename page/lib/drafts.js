/** @import { TailFilter } from '../types' */
import { tail } from './live.js';
import { Slice } from './slice.js';

/** What is being written, where other parts of the page can begin it. */
export const publishTopic = new Slice('topic1');
export const filter = new Slice(/** @type {TailFilter} */ ({ topic: '', subscriber: '', outcome: '' }));

/** @param {string} topic */
export function beginPublish(topic) {
  publishTopic.set(topic);
  focus('publish-data');
}

/** @param {Partial<TailFilter>} changes */
export function changeFilter(changes) {
  filter.set({ ...filter.value, ...changes });
  tail.value.setFilter(filter.value);
  tail.touch();
}

/** @param {string} topic */
export function watch(topic) {
  changeFilter({ topic, subscriber: '', outcome: '' });
  focus('filter-topic');
}

/** @param {string} id */
function focus(id) {
  document.getElementById(id)?.focus();
}
