/** @import { Overview, Subscriber } from '../types' */
import { STATES } from './words.js';

/** Topics, and subscribers, that the server lists at most. */
const MOST_LISTED = 500;

/**
 * A topic with its subscribers. `topic` is null for subscribers that are subscribed to nothing any more, and yet have
 * a backlog.
 *
 * @typedef {{ topic: string | null, members: { url: string, subscriber: Subscriber | null }[] }} Group
 */

/**
 * Topics with a subscriber in trouble come first.
 *
 * @param {Overview} overview
 * @param {string} search a part of a topic's name or of a URL
 * @returns {Group[]}
 */
export function groupsOf({ topics, subscribers }, search) {
  const byUrl = new Map(subscribers.map((subscriber) => [subscriber.url, subscriber]));
  /** @param {string} url */
  const member = (url) => ({ url, subscriber: byUrl.get(url) ?? null });
  const loose = subscribers.filter((subscriber) => subscriber.topics.length === 0 && subscriber.pending > 0);
  /** @type {Group[]} */
  const groups = topics.map(({ topic, subscribers: urls }) => ({ topic, members: urls.map(member) }));
  groups.sort((a, b) => Number(hasTrouble(b)) - Number(hasTrouble(a)));
  if (loose.length > 0) groups.push({ topic: null, members: loose.map(({ url }) => member(url)) });
  return search === ''
    ? groups
    : groups.map((group) => narrowed(group, search)).filter(({ members }) => members.length > 0);
}

/** @param {Group} group */
function hasTrouble({ members }) {
  return members.some(({ subscriber }) => subscriber !== null && STATES[subscriber.state].isTrouble);
}

/**
 * @param {Group} group
 * @param {string} search
 * @returns {Group}
 */
function narrowed(group, search) {
  if (group.topic?.includes(search)) return group;
  return { ...group, members: group.members.filter(({ url }) => url.includes(search)) };
}

/**
 * The figures that say in one look whether all is well. Where the server left some out, they are those of what it lists.
 *
 * @param {Overview} overview
 */
export function totalsOf({ topics, subscribers, hasMore }) {
  const active = subscribers.filter((subscriber) => subscriber.topics.length > 0);
  return {
    topics: topics.length,
    subscribers: active.length,
    troubled: active.filter(({ state }) => STATES[state].isTrouble).length,
    waiting: subscribers.reduce((sum, { pending }) => sum + pending, 0),
    areTopicsCut: hasMore && topics.length >= MOST_LISTED,
    areSubscribersCut: hasMore && subscribers.length >= MOST_LISTED,
  };
}
