import { createHash } from 'node:crypto';
import { type Item, textOf } from './table';

/** DynamoDB allows a sort key of 1,024 bytes, and a subscriber's URL may have 2,048. */
const MAX_SORT_KEY_BYTES = 1024;

const KEPT_CHARACTERS = 900;

/**
 * A subscriber's URL as a sort key: the URL itself, or, where it is too long, its beginning and its SHA-256.
 * Different URLs have different keys: a shortened one holds a space, which no URL does.
 */
export function subscriberSortKey(subscriber: string): string {
  if (Buffer.byteLength(subscriber) <= MAX_SORT_KEY_BYTES) return subscriber;
  const digest = createHash('sha256').update(subscriber).digest('hex');
  return `${subscriber.slice(0, KEPT_CHARACTERS)} sha256:${digest}`;
}

/** The attribute that holds the whole URL beside a shortened key. */
export const FULL_URL = 'subscriber_url';

/** What to store beside the key, so that `subscriberOf` finds the URL again: nothing unless the key is shortened. */
export function fullUrlAttribute(subscriber: string): Item {
  return subscriberSortKey(subscriber) === subscriber ? {} : { [FULL_URL]: subscriber };
}

/** The subscriber's URL in an item whose sort key was made by `subscriberSortKey`. */
export function subscriberOf(item: Item, sortKey: string): string {
  return textOf(item, FULL_URL in item ? FULL_URL : sortKey);
}
