import type { Message } from '../../src/model';
import type { MessageStore, PendingPage } from '../../src/store/message-store';
import { ALICE, BOB, KEPT, NOW, aMessage, at, copyFor } from './stores-harness';

/** The store under test, and what the suite reads and fills it with. */
interface Part {
  readonly store: MessageStore;
  readonly putForAlice: (...micros: number[]) => Promise<Message[]>;
  readonly page: (subscriber: string) => Promise<PendingPage>;
  readonly reopen: () => Promise<void>;
}

/** The part of the MessageStore contract that tells what becomes of copies that are set aside. */
export function describeSettingAside(part: () => Part): void {
  describe('setAside', () => {
    const reasons = async (subscriber: string): Promise<(string | undefined)[]> =>
      (await part().page(subscriber)).messages.map(({ asideReason }) => asideReason);

    it('notes the reason on that copy, which stays pending where it was', async () => {
      const { store, putForAlice, page } = part();
      const [first, second] = await putForAlice(1, 2);
      await store.setAside(ALICE, at(1), 'http_status 400');
      expect((await page(ALICE)).messages).toEqual([
        { ...first, position: at(1), expiresAt: KEPT, asideReason: 'http_status 400' },
        { ...second, position: at(2), expiresAt: KEPT },
      ]);
      expect(await store.countPending(ALICE)).toBe(2);
      expect(await store.subscribersWithBacklog()).toEqual([ALICE]);
    });

    it('leaves the copies of other subscribers as they are', async () => {
      const { store } = part();
      await store.put(aMessage(1), [copyFor(ALICE), copyFor(BOB)]);
      await store.setAside(ALICE, at(1), 'gone');
      expect([await reasons(ALICE), await reasons(BOB)]).toEqual([['gone'], [undefined]]);
    });

    it('replaces an earlier reason', async () => {
      const { store, putForAlice } = part();
      await putForAlice(1);
      await store.setAside(ALICE, at(1), 'the first');
      await store.setAside(ALICE, at(1), 'the second');
      expect(await reasons(ALICE)).toEqual(['the second']);
    });

    it('takes a reason of 200 characters of any alphabet', async () => {
      const { store, putForAlice } = part();
      await putForAlice(1);
      const reason = '😀é'.repeat(100);
      await store.setAside(ALICE, at(1), reason);
      expect(await reasons(ALICE)).toEqual([reason]);
    });

    it('takes a reason on a copy of maxMessageBytes', async () => {
      const { store } = part();
      const data = `"${'x'.repeat(store.maxMessageBytes - 2)}"`;
      await store.put(aMessage(1, { data }), [copyFor(ALICE)]);
      await store.setAside(ALICE, at(1), '😀'.repeat(200));
      expect(await reasons(ALICE)).toEqual(['😀'.repeat(200)]);
    });

    it('finds a moved copy by its position', async () => {
      const { store, putForAlice } = part();
      await putForAlice(1, 1);
      await store.setAside(ALICE, at(2), 'timeout');
      expect(await reasons(ALICE)).toEqual([undefined, 'timeout']);
    });

    it('leaves the copy to be located, marked and purged', async () => {
      const { store, putForAlice } = part();
      const [first] = await putForAlice(1, 2, 3, 4);
      for (const n of [1, 2, 3, 4]) await store.setAside(ALICE, at(n), 'timeout');
      expect(await store.locate(ALICE, [String(first?.id)])).toEqual(new Map([[first?.id, at(1)]]));
      expect(await store.markReceived(ALICE, [at(1)], KEPT)).toBe(1);
      expect(await store.markReceivedUpTo(ALICE, at(2), KEPT)).toBe(1);
      expect(await store.purge(ALICE, { limit: 1 })).toBe(1);
      expect(await reasons(ALICE)).toEqual(['timeout']);
      expect(await store.countPending(ALICE)).toBe(1);
    });

    it('is kept when the message is put again', async () => {
      const { store, putForAlice } = part();
      const [message] = await putForAlice(1);
      await store.setAside(ALICE, at(1), 'timeout');
      if (message) await store.put(message, [copyFor(ALICE)]);
      expect(await reasons(ALICE)).toEqual(['timeout']);
    });

    it('does nothing to a received copy', async () => {
      const { store, putForAlice, page } = part();
      await putForAlice(1);
      await store.markReceived(ALICE, [at(1)], KEPT);
      await store.setAside(ALICE, at(1), 'timeout');
      expect(await page(ALICE)).toEqual({ messages: [], hasMore: false });
      expect(await store.countPending(ALICE)).toBe(0);
      expect(await store.purge(ALICE, {})).toBe(0);
    });

    it('does nothing, and makes no row, where there is no copy', async () => {
      const { store, putForAlice, page } = part();
      await putForAlice(1);
      await store.setAside(ALICE, at(2), 'timeout');
      await store.setAside(ALICE, 'nowhere', 'timeout');
      await store.setAside(BOB, at(1), 'timeout');
      expect(await reasons(ALICE)).toEqual([undefined]);
      expect(await page(BOB)).toEqual({ messages: [], hasMore: false });
      expect([await store.countPending(ALICE), await store.countPending(BOB)]).toEqual([1, 0]);
      // A row that was made would keep another message from standing there.
      const second = aMessage(2);
      await store.put(second, [copyFor(ALICE)]);
      expect(await store.locate(ALICE, [second.id])).toEqual(new Map([[second.id, at(2)]]));
    });

    it('survives that the store is closed', async () => {
      await part().putForAlice(1);
      await part().store.setAside(ALICE, at(1), 'timeout');
      await part().reopen();
      const { messages } = await part().store.pending(ALICE, { limit: 1, maxBytes: 1, now: NOW });
      expect(messages).toMatchObject([{ position: at(1), asideReason: 'timeout' }]);
    });
  });
}
