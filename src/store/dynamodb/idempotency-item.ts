import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { IdempotencyRecord } from '../idempotency-store';
import { storeUnavailable } from './faults';
import { MAX_ITEM_BYTES, toTtlSeconds } from './message-item';
import { type Item, numberOf, textOf } from './table';

const compress = promisify(gzip);
const inflate = promisify(gunzip);

/** The sort key of every idempotency row: each has a partition of its own in the messages table. */
const SORT_KEY = 'idempotency';

/** A longer answer is stored compressed: DynamoDB charges a write by its KiB. */
const MAX_PLAIN_BYTES = 4096;

/** Everything in the item but the answer: the key of at most 600 characters, the other texts, and all names. */
const RESERVED_BYTES = 8192;

/** The most bytes that an answer may have once it is compressed. */
export const MAX_ANSWER_BYTES = MAX_ITEM_BYTES - RESERVED_BYTES;

/** The row of a key. A partition key has at most 2,048 bytes, so it holds a digest; no URL has a space in it. */
export function idempotencyKey(key: string): { subscriber: string; timestamp: string } {
  const digest = createHash('sha256').update(key).digest('hex');
  return { subscriber: `idempotency ${digest}`, timestamp: SORT_KEY };
}

/** The item of a claimed key. Rejects with RangeError when its answer is too long. */
export async function toIdempotencyItem(record: IdempotencyRecord): Promise<Item> {
  const answer = record.answer === null ? null : await answerAttribute(record.answer);
  return {
    ...idempotencyKey(record.key),
    idempotency_key: record.key,
    fingerprint: record.fingerprint,
    message_id: record.messageId,
    message_timestamp: record.timestamp,
    /** Unix milliseconds; the TTL's whole seconds would be up to a second late. */
    claimable_at: record.expiresAt,
    expires_at: toTtlSeconds(record.expiresAt),
    ...(answer && { [answer.name]: answer.value }),
  };
}

/** The inverse of `toIdempotencyItem`. */
export async function toIdempotencyRecord(item: Item): Promise<IdempotencyRecord> {
  return {
    key: textOf(item, 'idempotency_key'),
    fingerprint: textOf(item, 'fingerprint'),
    messageId: textOf(item, 'message_id'),
    timestamp: textOf(item, 'message_timestamp'),
    answer: await answerOf(item),
    expiresAt: numberOf(item, 'claimable_at'),
  };
}

/** The one of two attributes that holds an answer. */
export type AnswerAttribute =
  | { readonly name: 'answer'; readonly value: string }
  | { readonly name: 'answer_gzip'; readonly value: Uint8Array };

/** An answer as it is stored. Rejects with RangeError when it is too long. */
export async function answerAttribute(answer: string): Promise<AnswerAttribute> {
  const bytes = Buffer.byteLength(answer);
  if (bytes <= MAX_PLAIN_BYTES) return { name: 'answer', value: answer };
  const compressed = await compress(answer);
  if (compressed.length <= MAX_ANSWER_BYTES) return { name: 'answer_gzip', value: compressed };
  throw new RangeError(
    `An answer of ${bytes} bytes cannot be kept in DynamoDB: it has ${compressed.length} bytes once compressed, ` +
      `and a row has room for ${MAX_ANSWER_BYTES}`,
  );
}

async function answerOf(item: Item): Promise<string | null> {
  if ('answer' in item) return textOf(item, 'answer');
  const compressed = item.answer_gzip;
  if (compressed === undefined) return null;
  try {
    return (await inflate(compressed as Uint8Array)).toString();
  } catch (error) {
    throw storeUnavailable('make sense of a row', error);
  }
}
