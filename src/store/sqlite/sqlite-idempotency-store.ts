import type { IdempotencyRecord, IdempotencyStore } from '../idempotency-store';
import { deleteInSteps, wholeMs } from './bounded-steps';
import type { IdempotencyRow } from './idempotency-operations';
import type { SqliteClient } from './sqlite-client';

/** IdempotencyStore on the embedded database. It takes answers of any length that fits into memory. */
export class SqliteIdempotencyStore implements IdempotencyStore {
  constructor(private readonly client: SqliteClient) {}

  async claim(record: IdempotencyRecord, now: number): Promise<IdempotencyRecord> {
    const { key, fingerprint, messageId, timestamp, answer } = record;
    const expiresAt = wholeMs(record.expiresAt);
    const there = await this.client.write('claimKey', [
      now,
      key,
      fingerprint,
      messageId,
      timestamp,
      answer,
      expiresAt,
    ]);
    return there === null ? record : toRecord(there);
  }

  saveAnswer(key: string, messageId: string, answer: string): Promise<void> {
    return this.client.write('saveAnswer', [key, messageId, answer]);
  }

  async deleteExpired(now: number, limit: number): Promise<number> {
    return deleteInSteps(limit, (step) => this.client.write('deleteExpiredKeys', [now, step], step));
  }
}

function toRecord([
  key,
  fingerprint,
  messageId,
  timestamp,
  answer,
  expiresAt,
]: IdempotencyRow): IdempotencyRecord {
  return { key, fingerprint, messageId, timestamp, answer, expiresAt };
}
