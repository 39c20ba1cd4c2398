import { newMessageId } from '../../src/message-id';
import { MIGRATIONS } from '../../src/store/sqlite/sqlite-schema';
import type { Stores } from '../../src/store/stores';
import { formatTimestamp } from '../../src/timestamp';
import { SqliteFiles } from '../support/sqlite-files';

const ALICE = 'http://alice.example/hook';
const MICROS = Date.parse('2026-08-04T12:00:00Z') * 1000;
const NEVER = Number.MAX_SAFE_INTEGER;
const AT = formatTimestamp(MICROS);
const ID = newMessageId(MICROS);

describe('a file of the first schema', () => {
  let files: SqliteFiles;
  let stores: Stores;

  beforeEach(async () => {
    files = new SqliteFiles();
    files.inspect((connection) => {
      connection.exec(`
        PRAGMA auto_vacuum = INCREMENTAL;
        ${String(MIGRATIONS[0])}
        PRAGMA user_version = 1;
        INSERT INTO subscribers VALUES (1, '${ALICE}', 1);
        INSERT INTO bodies VALUES (${MICROS}, '${ID}', 'orders', ${MICROS}, 0, 1, '{"n": 1}');
        INSERT INTO copies VALUES (1, ${MICROS}, ${MICROS}, 0, ${NEVER});
        INSERT INTO subscriptions VALUES ('orders', '${ALICE}', '${AT}', NULL);
      `);
    });
    stores = await files.open();
  });

  afterEach(() => files.cleanUp());

  const pending = async () =>
    (await stores.messages.pending(ALICE, { limit: 10, maxBytes: 1000, now: 0 })).messages;

  it('keeps what it holds', async () => {
    const message = { id: ID, topic: 'orders', timestamp: AT, data: '{"n": 1}' };
    expect(await pending()).toEqual([{ ...message, position: AT, expiresAt: NEVER }]);
    expect(await stores.messages.countPending(ALICE)).toBe(1);
    expect(await stores.subscriptions.loadActive()).toEqual([{ topic: 'orders', subscriber: ALICE }]);
  });

  it('can do what the present one can', async () => {
    await stores.messages.setAside(ALICE, AT, 'timeout');
    expect(await pending()).toMatchObject([{ position: AT, asideReason: 'timeout' }]);
    expect(await stores.subscribers.loadAll()).toEqual([]);
    const record = { key: 'orders 1', fingerprint: 'f', messageId: ID, timestamp: AT };
    const claim = { ...record, answer: null, expiresAt: NEVER };
    expect(await stores.idempotency.claim(claim, 0)).toBe(claim);
  });

  it('still shows its messages in four columns', () => {
    const rows = files.inspect((connection) => connection.prepare('SELECT * FROM messages').all());
    expect(rows.map((row) => ({ ...(row as object) }))).toEqual([
      { timestamp: AT, subscriber: ALICE, message: '{"n": 1}', is_received: 0 },
    ]);
  });

  it('has the position of its newest message for its last one', async () => {
    expect(await stores.messages.lastPosition()).toBe(MICROS);
  });

  it('is of the present schema after that, and opens again', async () => {
    await files.closeAll();
    const version = files.inspect((connection) => connection.prepare('PRAGMA user_version').get());
    expect(version).toEqual({ user_version: MIGRATIONS.length });
    stores = await files.open();
    expect(await pending()).toHaveLength(1);
  });
});

describe('a file of the fourth schema', () => {
  it("has the newest of its keys' messages for its last position", async () => {
    const files = new SqliteFiles();
    const claimed = [MICROS + 1, MICROS + 1_234_567, MICROS + 999_999];
    files.inspect((connection) => {
      connection.exec(`${MIGRATIONS.slice(0, 4).join('')} PRAGMA user_version = 4`);
      const add = connection.prepare('INSERT INTO idempotency_keys VALUES (NULL, ?, ?, ?, ?, NULL, ?)');
      for (const micros of claimed) {
        add.run(`orders ${micros}`, 'f', newMessageId(micros), formatTimestamp(micros), NEVER);
      }
    });
    const { messages } = await files.open();
    expect(await messages.lastPosition()).toBe(MICROS + 1_234_567);
    await files.cleanUp();
  });
});
