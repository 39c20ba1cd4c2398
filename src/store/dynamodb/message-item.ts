import type { Message, PendingMessage } from '../../model';
import { MAX_TRACE_BYTES, traceField, traceText } from '../../trace-context';
import type { Copy } from '../message-store';
import { type Item, textOf } from './table';

/** The attributes of a copy in the messages table. */
const ATTRIBUTES = {
  subscriber: 'subscriber',
  /** The position: the table's sort key. */
  timestamp: 'timestamp',
  id: 'id',
  topic: 'topic',
  message: 'message',
  isReceived: 'is_received',
  /** Unix seconds; DynamoDB deletes the item some time after. */
  expiresAt: 'expires_at',
  /** The position again, only while the copy is pending: the sort key of the sparse index. */
  pending: 'pending',
  /** The message's own timestamp, only where it differs from the position. */
  messageTimestamp: 'message_timestamp',
  /** Only where the copy was set aside. */
  asideReason: 'aside_reason',
  /** `traceparent`, and on a second line `tracestate`; only where the publish had them. */
  trace: 'trace',
  /** True, only where it is a late copy. */
  isLate: 'is_late',
} as const;

/** DynamoDB's limit for an item together with its entry in a local index, names of attributes included. */
export const MAX_ITEM_BYTES = 400 * 1024;

const LONGEST_BYTES = {
  subscriber: 2048,
  timestamp: 32,
  id: 36,
  topic: 256,
  isReceived: 1,
  // 38 digits, two to a byte, sign and exponent.
  expiresAt: 21,
  pending: 32,
  messageTimestamp: 32,
  // 200 characters of up to four bytes.
  asideReason: 800,
  trace: MAX_TRACE_BYTES,
  isLate: 1,
} as const;

/** What DynamoDB keeps per item and per index entry besides their attributes. */
const ENTRY_OVERHEAD_BYTES = 100;

/** The longest data that fits into an item beside the longest URL, topic, trace and reason for setting it aside. */
export const MAX_DATA_BYTES = MAX_ITEM_BYTES - longestItemWithoutData() - longestIndexEntry();

function longestItemWithoutData(): number {
  const names = Object.values(ATTRIBUTES).join('').length;
  const values = Object.values(LONGEST_BYTES).reduce((sum, bytes) => sum + bytes, 0);
  return names + values + ENTRY_OVERHEAD_BYTES;
}

function longestIndexEntry(): number {
  const keys = ['subscriber', 'timestamp', 'pending'] as const;
  const bytes = keys.reduce((sum, key) => sum + ATTRIBUTES[key].length + LONGEST_BYTES[key], 0);
  return bytes + ENTRY_OVERHEAD_BYTES;
}

/** Unix milliseconds as DynamoDB's TTL wants them: whole seconds, rounded up so that nothing goes early. */
export function toTtlSeconds(unixMs: number): number {
  return Math.ceil(unixMs / 1000);
}

/** The item of a pending copy. */
export function toItem(message: Message, { subscriber, expiresAt, isLate }: Copy, position: string): Item {
  return {
    subscriber,
    timestamp: position,
    id: message.id,
    topic: message.topic,
    message: message.data,
    is_received: false,
    expires_at: toTtlSeconds(expiresAt),
    pending: position,
    ...(position !== message.timestamp && { message_timestamp: message.timestamp }),
    ...(message.trace && { trace: traceText(message.trace) }),
    ...(isLate && { is_late: true }),
  };
}

/** The inverse of `toItem`. */
export function toPendingMessage(item: Item): PendingMessage {
  const position = textOf(item, 'timestamp');
  return {
    id: textOf(item, 'id'),
    topic: textOf(item, 'topic'),
    timestamp: 'message_timestamp' in item ? textOf(item, 'message_timestamp') : position,
    data: textOf(item, 'message'),
    position,
    expiresAt: expiryOf(item),
    ...('aside_reason' in item && { asideReason: textOf(item, 'aside_reason') }),
    ...('trace' in item && traceField(textOf(item, 'trace'))),
    ...('is_late' in item && { isLate: true }),
  };
}

/** Unix milliseconds; never where the item does not say. */
function expiryOf({ expires_at: seconds }: Item): number {
  return typeof seconds === 'number' ? seconds * 1000 : Infinity;
}
