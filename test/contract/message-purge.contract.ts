import type { Message, PendingMessage } from '../../src/model';
import type { MessageStore } from '../../src/store/message-store';
import { ALICE, BOB, KEPT, NOW, aMessage, at, copyFor } from './stores-harness';
import type { BackendDifferences } from './stores-harness';

/** The store under test, and what the suite reads and fills it with. */
interface Part {
  readonly store: MessageStore;
  readonly putForAlice: (...micros: number[]) => Promise<Message[]>;
  readonly positions: (subscriber: string) => Promise<string[]>;
  readonly backlog: (subscriber: string) => Promise<readonly PendingMessage[]>;
}

/** The part of the MessageStore contract that tells how pending copies are deleted. */
export function describePurge(part: () => Part, differences: BackendDifferences): void {
  describe('purge', () => {
    it('deletes all pending copies of that subscriber', async () => {
      await part().putForAlice(1, 2, 3);
      await part().store.put(aMessage(1), [copyFor(BOB)]);
      expect(await part().store.purge(ALICE, {})).toBe(3);
      expect(await part().store.purge(ALICE, {})).toBe(0);
      expect(await part().store.countPending(ALICE)).toBe(0);
      expect(await part().positions(BOB)).toEqual([at(1)]);
    });

    it('deletes the oldest first, those before a position, at most the limit', async () => {
      await part().putForAlice(1, 2, 3, 4, 5);
      expect(await part().store.purge(ALICE, { before: at(4), limit: 2 })).toBe(2);
      expect(await part().positions(ALICE)).toEqual([at(3), at(4), at(5)]);
      expect(await part().store.purge(ALICE, { before: at(4) })).toBe(1);
      expect(await part().store.purge(ALICE, { limit: 1 })).toBe(1);
      expect(await part().positions(ALICE)).toEqual([at(5)]);
    });

    it('keeps received copies', async () => {
      const [message] = await part().putForAlice(1, 2);
      await part().store.markReceived(ALICE, [at(1)], KEPT);
      expect(await part().store.purge(ALICE, {})).toBe(1);
      // A received copy is what keeps the message from being stored again.
      if (message) await part().store.put(message, [copyFor(ALICE)]);
      expect(await part().store.countPending(ALICE)).toBe(0);
    });

    it('leaves the other subscribers of a message their copies', async () => {
      const message = aMessage(1);
      await part().store.put(message, [copyFor(ALICE), copyFor(BOB)]);
      expect(await part().store.purge(ALICE, {})).toBe(1);
      expect(await part().backlog(BOB)).toEqual([{ ...message, position: at(1), expiresAt: KEPT }]);
    });

    if (differences.countsByReading !== undefined) {
      it(`leaves no number of copies by itself: ${differences.countsByReading}`, async () => {
        await part().putForAlice(1, 2, 3);
        expect(await part().store.purge(ALICE, { limit: 2, keep: 3 })).toBe(2);
      });
      return;
    }

    it('leaves as many as it is to keep', async () => {
      const { store, putForAlice, positions } = part();
      await putForAlice(1, 2, 3, 4, 5);
      expect(await store.purge(ALICE, { limit: 1, keep: 2 })).toBe(1);
      expect(await store.purge(ALICE, { limit: 9, keep: 2 })).toBe(2);
      expect(await store.purge(ALICE, { limit: 9, keep: 2 })).toBe(0);
      expect(await store.purge(ALICE, { limit: 9, keep: 3 })).toBe(0);
      expect(await positions(ALICE)).toEqual([at(4), at(5)]);
      expect(await store.purge(BOB, { limit: 9, keep: 2 })).toBe(0);
    });

    it('leaves as many as it is to keep of those that are there when it is its turn', async () => {
      const { store, putForAlice, positions } = part();
      await putForAlice(1, 2, 3, 4);
      const asked = [
        store.put(aMessage(5), [copyFor(ALICE, NOW)]),
        store.markReceived(ALICE, [at(1), at(2)], KEPT),
        store.purge(ALICE, { limit: 2, keep: 2 }),
        store.deleteExpired(NOW, 100),
        store.purge(ALICE, { limit: 1, keep: 1 }),
        store.purge(ALICE, { limit: 1, keep: 1 }),
      ];
      expect((await Promise.all(asked)).slice(1)).toEqual([2, 1, 1, 0, 0]);
      expect(await positions(ALICE)).toEqual([at(4)]);
    });
  });
}
