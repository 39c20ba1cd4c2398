import type { SubscriberColumns } from '../subscriber-columns';
import type { Connection } from './sqlite-binding';

/** A subscriber's record as it crosses the thread: the fields of SubscriberColumns. */
export type SubscriberRow = readonly [
  subscriber: string,
  createdAt: string,
  settings: string,
  disabledAt: string | null,
  disabledReason: string | null,
  failingSince: number | null,
  asideUpTo: string | null,
  secrets: string,
  tokenHash: string | null,
];

export function toRow(columns: SubscriberColumns): SubscriberRow {
  return [
    columns.subscriber,
    columns.created_at,
    columns.settings,
    columns.disabled_at,
    columns.disabled_reason,
    columns.failing_since,
    columns.aside_up_to,
    columns.secrets,
    columns.token_hash,
  ];
}

/** The inverse of `toRow`. */
export function toColumnsOfRow(row: SubscriberRow): SubscriberColumns {
  const [subscriber, created_at, settings, disabled_at, disabled_reason, failing_since, ...rest] = row;
  const [aside_up_to, secrets, token_hash] = rest;
  return {
    subscriber,
    created_at,
    settings,
    disabled_at,
    disabled_reason,
    failing_since,
    aside_up_to,
    secrets,
    token_hash,
  };
}

/** The reading operations of the subscriber store. */
export function subscriberReads(connection: Connection) {
  const page = connection.prepare(
    'SELECT * FROM subscriber_records WHERE subscriber > ? ORDER BY subscriber LIMIT ?',
  );

  return {
    /** The first `limit` records behind that subscriber. */
    subscriberRecords: (after: string, limit: number): readonly SubscriberRow[] =>
      page.all(after, limit).map((row) => toRow(row as SubscriberColumns)),
  };
}

/** The writing operations of the subscriber store. */
export function subscriberWrites(connection: Connection) {
  const save = connection.prepare(
    `INSERT OR REPLACE INTO subscriber_records
       (subscriber, created_at, settings, disabled_at, disabled_reason, failing_since, aside_up_to, secrets, token_hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  return {
    saveSubscriber(...row: SubscriberRow): void {
      save.run(...row);
    },
  };
}
