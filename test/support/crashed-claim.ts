import { createHash } from 'node:crypto';
import { newMessageId } from '../../src/message-id';
import type { IdempotencyRecord } from '../../src/store/idempotency-store';
import { formatTimestamp } from '../../src/timestamp';

/**
 * What a crash leaves of a publish whose key was claimed, and that got no further.
 *
 * @param micros the timestamp that its message was given, unix microseconds
 */
export function crashedClaim(
  topic: string,
  key: string,
  data: string,
  { micros, expiresAt = Infinity }: { readonly micros: number; readonly expiresAt?: number },
): IdempotencyRecord {
  return {
    key: `${topic} ${key}`,
    fingerprint: createHash('sha256').update(data).digest('base64'),
    messageId: newMessageId(micros),
    timestamp: formatTimestamp(micros),
    answer: null,
    expiresAt,
  };
}
