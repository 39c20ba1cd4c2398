import type { SigningSecret, StoredSettings, SubscriberRecord } from '../model';

/** A SubscriberRecord as the columns of one row, the same on every backend; what is nested is JSON text. */
export interface SubscriberColumns {
  readonly subscriber: string;
  readonly created_at: string;
  /** JSON text. */
  readonly settings: string;
  readonly disabled_at: string | null;
  readonly disabled_reason: string | null;
  readonly failing_since: number | null;
  readonly aside_up_to: string | null;
  /** JSON text. */
  readonly secrets: string;
  readonly token_hash: string | null;
}

export function toColumns(record: SubscriberRecord): SubscriberColumns {
  return {
    subscriber: record.subscriber,
    created_at: record.createdAt,
    settings: JSON.stringify(record.settings),
    disabled_at: record.disabled?.at ?? null,
    disabled_reason: record.disabled?.reason ?? null,
    failing_since: record.failingSince,
    aside_up_to: record.asideUpTo,
    secrets: JSON.stringify(record.secrets),
    token_hash: record.tokenHash,
  };
}

/** Most subscribers have none, and there may be very many of them. */
const NO_SETTINGS: StoredSettings = Object.freeze({});

/**
 * The inverse of `toColumns`.
 *
 * @throws SyntaxError when a text is not JSON: the row was not written by this program
 */
export function toSubscriberRecord(columns: SubscriberColumns): SubscriberRecord {
  const { disabled_at: at, disabled_reason: reason } = columns;
  return {
    subscriber: columns.subscriber,
    createdAt: columns.created_at,
    settings: columns.settings === '{}' ? NO_SETTINGS : (JSON.parse(columns.settings) as StoredSettings),
    disabled: at === null ? null : { at, reason: reason === 'gone' ? 'gone' : 'unreachable' },
    failingSince: columns.failing_since,
    asideUpTo: columns.aside_up_to,
    secrets: JSON.parse(columns.secrets) as SigningSecret[],
    tokenHash: columns.token_hash,
  };
}
