import type { SubscriberRecord } from '../../model';
import { toColumns, toSubscriberRecord } from '../subscriber-columns';
import type { SubscriberStore } from '../subscriber-store';
import { readInSteps } from './bounded-steps';
import type { SqliteClient } from './sqlite-client';
import { toColumnsOfRow, toRow } from './subscriber-operations';

/** SubscriberStore on the embedded database. */
export class SqliteSubscriberStore implements SubscriberStore {
  constructor(private readonly client: SqliteClient) {}

  loadAll(): Promise<readonly SubscriberRecord[]> {
    return readInSteps<SubscriberRecord>(async (after, limit) => {
      const rows = await this.client.read('subscriberRecords', [after?.subscriber ?? '', limit]);
      return rows.map((row) => toSubscriberRecord(toColumnsOfRow(row)));
    });
  }

  save(record: SubscriberRecord): Promise<void> {
    return this.client.write('saveSubscriber', [...toRow(toColumns(record))]);
  }
}
