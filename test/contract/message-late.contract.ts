import type { Message } from '../../src/model';
import type { MessageStore, PendingPage } from '../../src/store/message-store';
import { ALICE, BOB, type BackendDifferences, KEPT, aMessage, at, copyFor } from './stores-harness';

/** The store under test, and what the suite reads and fills it with. */
interface Part {
  readonly store: MessageStore;
  readonly putForAlice: (...micros: number[]) => Promise<Message[]>;
  readonly page: (subscriber: string) => Promise<PendingPage>;
  readonly reopen: () => Promise<void>;
}

/** The part of the MessageStore contract that tells what becomes of late copies. */
export function describeLateCopies(part: () => Part, differences: BackendDifferences): void {
  describe('a late copy', () => {
    const late = (subscriber: string) => ({ ...copyFor(subscriber), isLate: true });
    const positions = async (subscriber: string): Promise<readonly string[]> =>
      (await part().page(subscriber)).messages.map(({ position }) => position);

    it('is read as one, those of other subscribers are not', async () => {
      const { store, page } = part();
      const message = aMessage(1);
      await store.put(message, [late(ALICE), copyFor(BOB)]);
      const copy = { ...message, position: at(1), expiresAt: KEPT };
      expect((await page(ALICE)).messages).toEqual([{ ...copy, isLate: true }]);
      expect((await page(BOB)).messages).toEqual([copy]);
    });

    it('is left by markReceivedUpTo, and counted by nobody', async () => {
      const { store, putForAlice } = part();
      await putForAlice(1, 3, 5);
      await store.put(aMessage(2), [late(ALICE)]);
      expect(await store.markReceivedUpTo(ALICE, at(3), KEPT)).toBe(2);
      expect(await store.markReceivedUpTo(ALICE, at(3), KEPT)).toBe(0);
      expect(await positions(ALICE)).toEqual([at(2), at(5)]);
      expect(await store.countPending(ALICE)).toBe(2);
    });

    it('is found again by lateCopies, the newest first, as long as it is pending', async () => {
      const { store, putForAlice } = part();
      const isKnown = differences.knowsNoLateCopies === undefined;
      await putForAlice(1);
      const messages = [2, 3, 4].map((micros) => aMessage(micros));
      for (const message of messages) await store.put(message, [late(ALICE), late(BOB)]);
      await store.markReceived(ALICE, [at(4), at(3)], KEPT);
      await store.purge(BOB, { before: at(4) });
      const [oldest, , newest] = messages.map(({ id }) => id);
      const copies = [
        { subscriber: BOB, id: newest },
        { subscriber: ALICE, id: oldest },
      ];
      expect(await store.lateCopies(10)).toEqual(isKnown ? copies : []);
      expect(await store.lateCopies(1)).toEqual(isKnown ? copies.slice(0, 1) : []);
    });

    it('is located, marked, set aside and purged as any other', async () => {
      const { store, putForAlice } = part();
      const message = aMessage(1);
      await store.put(message, [late(ALICE), late(BOB)]);
      await putForAlice(2);
      expect(await store.locate(ALICE, [message.id])).toEqual(new Map([[message.id, at(1)]]));
      await store.setAside(ALICE, at(1), 'timeout');
      expect(await store.purge(BOB, {})).toBe(1);
      expect(await store.markReceived(ALICE, [at(1)], KEPT)).toBe(1);
      expect(await positions(ALICE)).toEqual([at(2)]);
    });

    it('is one also when it was there before, as long as it is pending', async () => {
      const { store, putForAlice, page } = part();
      const [message] = await putForAlice(1, 2);
      if (!message) throw new Error('It was put');
      await store.put(message, [late(ALICE), copyFor(BOB)]);
      expect(await store.markReceivedUpTo(ALICE, at(2), KEPT)).toBe(1);
      expect(await store.markReceivedUpTo(BOB, at(2), KEPT)).toBe(1);
      expect((await page(ALICE)).messages).toMatchObject([{ id: message.id, position: at(1), isLate: true }]);
      expect(await store.countPending(ALICE)).toBe(1);
      const isKnown = differences.knowsNoLateCopies === undefined;
      expect(await store.lateCopies(10)).toEqual(isKnown ? [{ subscriber: ALICE, id: message.id }] : []);
    });

    it('is one also when it was moved before', async () => {
      const { store, putForAlice } = part();
      await putForAlice(1);
      const moved = aMessage(1);
      await store.put(moved, [copyFor(ALICE)]);
      await store.put(moved, [late(ALICE)]);
      expect(await store.markReceivedUpTo(ALICE, at(9), KEPT)).toBe(1);
      expect(await positions(ALICE)).toEqual([at(2)]);
    });

    it('stays received when it is put again', async () => {
      const { store, putForAlice } = part();
      const [message] = await putForAlice(1);
      await store.markReceived(ALICE, [at(1)], KEPT);
      if (message) await store.put(message, [late(ALICE)]);
      expect([await positions(ALICE), await store.lateCopies(10)]).toEqual([[], []]);
    });

    it('stays one when it is put again, and when it is moved', async () => {
      const { store, putForAlice } = part();
      await putForAlice(1);
      const message = aMessage(1);
      await store.put(message, [late(ALICE)]);
      await store.put(message, [copyFor(ALICE)]);
      expect(await store.markReceivedUpTo(ALICE, at(9), KEPT)).toBe(1);
      expect(await positions(ALICE)).toEqual([at(2)]);
    });

    it('stays one when the store is opened again', async () => {
      await part().store.put(aMessage(1), [late(ALICE)]);
      await part().reopen();
      const { store } = part();
      expect(await store.markReceivedUpTo(ALICE, at(1), KEPT)).toBe(0);
      expect(await positions(ALICE)).toEqual([at(1)]);
    });
  });
}
