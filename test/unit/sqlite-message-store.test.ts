import { PurgeInterruptedError, StoreUnavailableError } from '../../src/errors';
import type { SqliteClient } from '../../src/store/sqlite/sqlite-client';
import { SqliteMessageStore } from '../../src/store/sqlite/sqlite-message-store';

const FAULT = new StoreUnavailableError('the disk is full');

describe('SqliteMessageStore.purge', () => {
  /** A store whose purges end with these answers, step by step; the next one fails. */
  function newStore(...steps: (readonly [deleted: number, isDone: boolean])[]): SqliteMessageStore {
    const write = () => {
      const step = steps.shift();
      return step ? Promise.resolve(step) : Promise.reject(FAULT);
    };
    return new SqliteMessageStore({ write } as unknown as SqliteClient);
  }

  it('says how many it had deleted when a later step fails', async () => {
    const purging = newStore([500, false], [80, false]).purge('http://a/hook', { limit: 1200 });
    await expect(purging).rejects.toThrow(PurgeInterruptedError);
    await expect(purging).rejects.toMatchObject({ purged: 580, message: FAULT.message, cause: FAULT });
    await expect(purging).rejects.toThrow(StoreUnavailableError);
  });

  it('fails as it is when the first step does', async () => {
    await expect(newStore().purge('http://a/hook', { limit: 1200 })).rejects.toBe(FAULT);
  });
});
