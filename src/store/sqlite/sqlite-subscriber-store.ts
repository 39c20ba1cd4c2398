import type { SubscriberRecord } from '../../model';
import { toColumns, toSubscriberRecord } from '../subscriber-columns';
import type { SubscriberStore } from '../subscriber-store';
import { CHUNK } from './bounded-steps';
import type { SqliteClient } from './sqlite-client';
import { toColumnsOfRow, toRow } from './subscriber-operations';

/** SubscriberStore on the embedded database. */
export class SqliteSubscriberStore implements SubscriberStore {
  constructor(private readonly client: SqliteClient) {}

  async loadAll(): Promise<readonly SubscriberRecord[]> {
    const records: SubscriberRecord[] = [];
    for (;;) {
      const rows = await this.client.read('subscriberRecords', [records.at(-1)?.subscriber ?? '', CHUNK]);
      for (const row of rows) records.push(toSubscriberRecord(toColumnsOfRow(row)));
      if (rows.length < CHUNK) return records;
    }
  }

  save(record: SubscriberRecord): Promise<void> {
    return this.client.write('saveSubscriber', [...toRow(toColumns(record))]);
  }
}
