import { HeraldError } from '../errors';

export const TOPIC = /^[A-Za-z0-9._~:@+-]{1,256}$/;

/**
 * Checks a topic's name and trims the white space around it.
 *
 * @throws HeraldError `invalid_topic` unless it is 1 to 256 letters, digits and `. _ ~ : @ + -`
 */
export function parseTopic(text: string): string {
  const topic = text.trim();
  if (!TOPIC.test(topic)) {
    throw new HeraldError(
      'invalid_topic',
      'A topic is 1 to 256 characters: letters, digits and . _ ~ : @ + -',
    );
  }
  return topic;
}
