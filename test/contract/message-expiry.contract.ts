import type { Message } from '../../src/model';
import type { MessageStore } from '../../src/store/message-store';
import { ALICE, BOB, DAY_MS, HOUR_MS, NOW, aMessage, at, copyFor } from './stores-harness';
import type { BackendDifferences } from './stores-harness';

/** The store under test, and what the suite reads and fills it with. */
interface Part {
  readonly store: MessageStore;
  readonly putForAlice: (...micros: number[]) => Promise<Message[]>;
  readonly positions: (subscriber: string) => Promise<string[]>;
}

/** The part of the MessageStore contract that tells what becomes of copies whose time is over. */
export function describeExpiry(part: () => Part, differences: BackendDifferences): void {
  describe('put', () => {
    it('keeps a pending copy for as long as the one that is put again, not for less, and not one that is received', async () => {
      const { store } = part();
      const live = async (now: number) => {
        const { messages } = await store.pending(ALICE, { limit: 100, maxBytes: 10_000_000, now });
        return messages.map(({ position, expiresAt }) => [position, expiresAt - NOW]);
      };
      const [first, second, third] = [aMessage(1), aMessage(2), aMessage(3)];
      for (const one of [first, second, third]) await store.put(one, [copyFor(ALICE, NOW + HOUR_MS)]);
      await store.markReceived(ALICE, [at(2)], NOW + HOUR_MS);
      const expired = NOW + 2 * HOUR_MS;
      expect(await live(expired)).toEqual([]);
      for (const one of [first, second]) await store.put(one, [copyFor(ALICE, NOW + DAY_MS)]);
      await store.put(first, [copyFor(ALICE, NOW + HOUR_MS)]);
      expect(await live(expired)).toEqual([[at(1), DAY_MS]]);
      expect(await store.purgeExpired(ALICE, expired, 100)).toBe(0);
      expect(await store.countPending(ALICE)).toBe(2);
    });
  });

  describe('purgeExpired', () => {
    it('deletes the oldest copies that expired at or before `now`, up to the first that is live', async () => {
      const { store, positions } = part();
      for (const n of [1, 2]) await store.put(aMessage(n), [copyFor(ALICE, NOW + HOUR_MS)]);
      await store.put(aMessage(3), [copyFor(ALICE, NOW + DAY_MS), copyFor(BOB, NOW + HOUR_MS)]);
      await store.put(aMessage(4), [copyFor(ALICE, NOW + HOUR_MS)]);
      expect(await store.purgeExpired(ALICE, NOW + HOUR_MS - 1000, 100)).toBe(0);
      expect(await store.purgeExpired(ALICE, NOW + HOUR_MS, 100)).toBe(2);
      expect(await positions(ALICE)).toEqual([at(3), at(4)]);
      expect(await positions(BOB)).toEqual([at(3)]);
      expect(await store.purgeExpired(ALICE, NOW + DAY_MS, 100)).toBe(2);
      expect([await store.countPending(ALICE), await store.countPending(BOB)]).toEqual([0, 1]);
      expect(await store.purgeExpired('http://nobody.example/', NOW + DAY_MS, 100)).toBe(0);
    });

    it('deletes at most `limit`, and no received copies', async () => {
      const { store } = part();
      for (const n of [1, 2, 3, 4, 5]) await store.put(aMessage(n), [copyFor(ALICE, NOW + HOUR_MS)]);
      await store.markReceived(ALICE, [at(1)], NOW + HOUR_MS);
      expect(await store.purgeExpired(ALICE, NOW + DAY_MS, 3)).toBe(3);
      expect(await store.countPending(ALICE)).toBe(1);
      expect(await store.purgeExpired(ALICE, NOW + DAY_MS, 3)).toBe(1);
    });
  });

  describe('deleteExpired', () => {
    if (differences.expiresByItself !== undefined) {
      it(`does nothing: ${differences.expiresByItself}`, async () => {
        const { store, positions } = part();
        await store.put(aMessage(1), [copyFor(ALICE, NOW + HOUR_MS)]);
        expect(await store.deleteExpired(NOW + DAY_MS, 100)).toBe(0);
        expect(await positions(ALICE)).toEqual([at(1)]);
      });
      return;
    }

    it('deletes what expired at or before `now`, pending or received', async () => {
      const { store, positions } = part();
      await store.put(aMessage(1), [copyFor(ALICE, NOW + HOUR_MS), copyFor(BOB, NOW + DAY_MS)]);
      await store.put(aMessage(2), [copyFor(ALICE, NOW + DAY_MS)]);
      await store.put(aMessage(3), [copyFor(ALICE)]);
      await store.markReceived(ALICE, [at(2)], NOW + HOUR_MS);
      expect(await store.deleteExpired(NOW + HOUR_MS - 1000, 100)).toBe(0);
      expect(await store.deleteExpired(NOW + HOUR_MS, 100)).toBe(2);
      expect(await store.deleteExpired(NOW + HOUR_MS, 100)).toBe(0);
      expect(await positions(ALICE)).toEqual([at(3)]);
      expect(await positions(BOB)).toEqual([at(1)]);
      expect([await store.countPending(ALICE), await store.countPending(BOB)]).toEqual([1, 1]);
    });

    it('keeps received copies until their own time is over', async () => {
      const { store, putForAlice, positions } = part();
      const [first, second] = await putForAlice(1, 2);
      await store.markReceived(ALICE, [at(1)], NOW + HOUR_MS);
      await store.markReceivedUpTo(ALICE, at(2), NOW + DAY_MS);
      expect(await store.deleteExpired(NOW + HOUR_MS, 100)).toBe(1);
      // Only the one that is gone can be stored again.
      for (const message of [first, second]) if (message) await store.put(message, [copyFor(ALICE)]);
      expect(await positions(ALICE)).toEqual([at(1)]);
      expect(await store.deleteExpired(NOW + DAY_MS, 100)).toBe(1);
    });

    it('deletes at most `limit`, and fewer only when no more are left', async () => {
      const { store } = part();
      for (const n of [1, 2, 3, 4, 5]) await store.put(aMessage(n), [copyFor(ALICE, NOW + HOUR_MS)]);
      expect(await store.deleteExpired(NOW + DAY_MS, 2)).toBe(2);
      expect(await store.countPending(ALICE)).toBe(3);
      expect(await store.deleteExpired(NOW + DAY_MS, 4)).toBe(3);
      expect(await store.subscribersWithBacklog()).toEqual([]);
    });
  });
}
