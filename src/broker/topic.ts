import { HeraldError } from '../errors';

/** Neither `.` nor `..`, which clients take out of a path (RFC 3986 §5.2.4): what is there could not be reached again. */
export const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._~:@+-]{1,256}$/;

/**
 * Checks a topic's name and trims the white space around it.
 *
 * @throws HeraldError `invalid_topic` unless it is 1 to 256 letters, digits and `. _ ~ : @ + -`, or when it is `.` or `..`
 */
export function parseTopic(text: string): string {
  const topic = text.trim();
  if (topic === '.' || topic === '..') {
    throw new HeraldError(
      'invalid_topic',
      'A topic cannot be . or .., which mean folders in a path, so that clients cannot name it',
    );
  }
  if (!TOPIC.test(topic)) {
    throw new HeraldError(
      'invalid_topic',
      'A topic is 1 to 256 characters: letters, digits and . _ ~ : @ + -',
    );
  }
  return topic;
}

const BEGINNING = /^[A-Za-z0-9._~:@+-]{0,256}\*$/;

/** Whether it is a topic, or the beginning of topics with `*` behind it, which may be `*` alone. */
export function isTopicFilter(text: string): boolean {
  return TOPIC.test(text) || BEGINNING.test(text);
}
