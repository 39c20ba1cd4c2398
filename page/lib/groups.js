/** @import { Overview, Subscriber } from '../types' */
import { STATES } from './words.js';

/** Topics, and subscribers, that the server lists at most. */
const MOST_LISTED = 500;
/** Subscribers that it lists under topics, over all of them. */
const MOST_UNDER_TOPICS = 10_000;

/**
 * A topic with its subscribers. `topic` is null for subscribers that are subscribed to nothing any more, and yet have
 * a backlog. `isCut`: there may be more than the server has listed.
 *
 * @typedef {{ url: string, subscriber: Subscriber | null }} Member
 * @typedef {{ topic: string | null, members: Member[], isCut: boolean }} Group
 */

/**
 * Topics with a subscriber in trouble come first, and so do those subscribers under each.
 *
 * @param {Overview} overview
 * @param {string} search a part of a topic's name or of a URL
 * @returns {Group[]}
 */
export function groupsOf(overview, search) {
  const { subscribers } = overview;
  const loose = subscribers.filter((subscriber) => subscriber.topics.length === 0 && subscriber.pending > 0);
  const groups = topicsOf(overview);
  groups.sort((a, b) => Number(hasTrouble(b)) - Number(hasTrouble(a)));
  if (loose.length > 0) {
    const members = loose.map((subscriber) => ({ url: subscriber.url, subscriber }));
    groups.push({ topic: null, members, isCut: false });
  }
  return search === ''
    ? groups
    : groups.map((group) => narrowed(group, search)).filter(({ members }) => members.length > 0);
}

/**
 * @param {Overview} overview
 * @returns {Group[]}
 */
function topicsOf({ topics, subscribers, hasMore }) {
  const missing = hasMore ? notListed(topics, subscribers) : new Map();
  const byUrl = new Map(subscribers.map((subscriber) => [subscriber.url, subscriber]));
  let listed = 0;
  const groups = topics.map(({ topic, subscribers: urls }) => {
    listed += urls.length;
    const members = urls.map((url) => ({ url, subscriber: byUrl.get(url) ?? null }));
    members.push(...(missing.get(topic) ?? []));
    missing.delete(topic);
    members.sort((a, b) => rankOf(a) - rankOf(b));
    return { topic, members, isCut: hasMore && listed >= MOST_UNDER_TOPICS };
  });
  return [...groups, ...Array.from(missing, ([topic, members]) => ({ topic, members, isCut: true }))];
}

/**
 * Those of whom the server says how they do, and whom it has not listed under a topic of theirs: it lists there in the
 * order in which they came.
 *
 * @param {Overview['topics']} topics
 * @param {readonly Subscriber[]} subscribers
 * @returns {Map<string, Member[]>} by topic
 */
function notListed(topics, subscribers) {
  const listed = new Map(topics.map(({ topic, subscribers: urls }) => [topic, new Set(urls)]));
  /** @type {Map<string, Member[]>} */
  const missing = new Map();
  for (const subscriber of subscribers) {
    for (const topic of subscriber.topics) {
      if (listed.get(topic)?.has(subscriber.url)) continue;
      const members = missing.get(topic) ?? [];
      members.push({ url: subscriber.url, subscriber });
      missing.set(topic, members);
    }
  }
  return missing;
}

/** @param {Member} member */
function rankOf({ subscriber }) {
  if (subscriber === null) return 2;
  return STATES[subscriber.state].isTrouble ? 0 : 1;
}

/** @param {Group} group */
function hasTrouble({ members }) {
  return members.some((member) => rankOf(member) === 0);
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
