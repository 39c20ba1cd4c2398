import { HeraldError } from '../errors';
import { hasCredentials, parseUrl } from '../parse-url';

/** No longer name can be looked up (RFC 1035 §2.3.4, without its length octets). */
const MAX_HOST_CHARACTERS = 253;
export const MAX_URL_CHARACTERS = 2048;

/**
 * Checks a subscriber's URL and brings it to its normal form (WHATWG URL: lower-case host, default port dropped,
 * fragment removed), so that the same endpoint is always the same subscriber.
 *
 * @param path of the field or the parameter, for the error
 * @throws HeraldError `invalid_url` that says what to change
 */
export function parseSubscriberUrl(text: string, path = 'url'): string {
  const invalidUrl = (fault: string) =>
    new HeraldError('invalid_url', `The subscriber's URL ${fault}`, [{ path, message: fault }]);
  const given = text.trim();
  if (given === '') throw invalidUrl('must not be empty');
  if (given.length > MAX_URL_CHARACTERS)
    throw invalidUrl(`must be at most ${MAX_URL_CHARACTERS} characters long`);
  if (/[\s\p{Cc}]/u.test(given)) throw invalidUrl('must not contain white space or control characters');
  if (!/^https?:\/\/[^/\\?#]/i.test(given))
    throw invalidUrl('must be absolute and start with http:// or https://');
  const url = parseUrl(given);
  if (!url) throw invalidUrl('is not a valid URL');
  if (hasCredentials(url)) throw invalidUrl('must not contain a user name or password');
  if (url.hostname.replace(/\.$/, '').length > MAX_HOST_CHARACTERS)
    throw invalidUrl(`has a host of more than ${MAX_HOST_CHARACTERS} characters`);
  if (/^\.|\.\./.test(url.hostname)) throw invalidUrl('has a host with an empty label');
  if (url.port === '0') throw invalidUrl('has the port 0, at which nothing can be reached');
  url.hash = '';
  if (url.href.length > MAX_URL_CHARACTERS) {
    throw invalidUrl(`must be at most ${MAX_URL_CHARACTERS} characters long once percent-encoded`);
  }
  return url.href;
}
