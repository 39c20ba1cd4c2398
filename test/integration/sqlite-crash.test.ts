import { StartupError } from '../../src/errors';
import type { MessageStore } from '../../src/store/message-store';
import { SqliteFiles } from '../support/sqlite-files';
import { runWriterUntilKilled } from '../support/sqlite-writer';

const ALICE = 'http://alice.example/hook';

async function allPendingIds(store: MessageStore): Promise<Set<string>> {
  const ids = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const bounds = after === undefined ? {} : { after };
    const page = await store.pending(ALICE, { ...bounds, limit: 1000, maxBytes: 1e7, now: Date.now() });
    for (const { id, position } of page.messages) {
      ids.add(id);
      after = position;
    }
    if (!page.hasMore) return ids;
  }
}

describe('a process that is killed with kill -9', () => {
  let files: SqliteFiles;

  beforeEach(() => {
    files = new SqliteFiles();
  });

  afterEach(() => files.cleanUp());

  it('has stored every message that it acknowledged', async () => {
    const acknowledged: string[] = [];
    for (const killAfter of [1, 40, 333, 1500]) {
      const writer = await runWriterUntilKilled(files.dataDir, killAfter);
      expect(writer.signal).toBe('SIGKILL');
      acknowledged.push(...writer.acknowledged);
      const stores = await files.open();
      const stored = await allPendingIds(stores.messages);
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
      expect(await stores.messages.countPending(ALICE)).toBe(stored.size);
      await stores.close();
    }
  });

  it('keeps other processes off its file while it lives, and no longer', async () => {
    await runWriterUntilKilled(files.dataDir, 1, async () => {
      const refused = files.open();
      await expect(refused).rejects.toThrow(StartupError);
      await expect(refused).rejects.toThrow(
        `DATA_DIR ${files.dataDir} is in use by another Herald process: stop that process, or choose another DATA_DIR.`,
      );
    });
    const stores = await files.open();
    await expect(stores.ping()).resolves.toBeUndefined();
  });
});
