import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CHUNK } from '../../src/store/sqlite/bounded-steps';
import { sqliteStores } from '../../src/store/sqlite/open-sqlite-stores';
import { SqliteClient } from '../../src/store/sqlite/sqlite-client';
import { openOnSharedThread } from '../support/open-on-shared-thread';
import { describeIdempotencyStore } from './idempotency-store.contract';
import { describeMessageStore } from './message-store.contract';
import type { StoresHarness } from './stores-harness';
import { describeSubscriberStore } from './subscriber-store.contract';
import { describeSubscriptionStore } from './subscription-store.contract';

function newHarness(): StoresHarness {
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-'));
  return {
    open: () => openOnSharedThread({ dataDir }),
    // A thread that ends at once instead of answering.
    openUnreachable: () => Promise.resolve(sqliteStores(new SqliteClient(new Worker('', { eval: true })))),
    cleanUp: () => rm(dataDir, { recursive: true }),
    severalPages: {
      subscribers: { rows: CHUNK * 3, bytes: 3600 },
      subscriptions: { rows: 1100, urlBytes: 100 },
    },
  };
}

describeMessageStore('SqliteMessageStore', newHarness);
describeSubscriptionStore('SqliteSubscriptionStore', newHarness);
describeSubscriberStore('SqliteSubscriberStore', newHarness);
describeIdempotencyStore('SqliteIdempotencyStore', newHarness);
