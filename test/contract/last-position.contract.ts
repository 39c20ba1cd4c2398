import { newMessageId } from '../../src/message-id';
import type { Stores } from '../../src/store/stores';
import { ALICE, BOB, DAY_MS, HOUR_MS, KEPT, NOW, aMessage, at, copyFor } from './stores-harness';
import type { BackendDifferences } from './stores-harness';

/** The stores under test. */
interface Part {
  readonly stores: Stores;
  readonly reopen: () => Promise<void>;
}

/** The part of the MessageStore contract that tells above what new timestamps lie. */
export function describeLastPosition(part: () => Part, differences: BackendDifferences): void {
  describe('lastPosition', () => {
    if (differences.knowsNoLastPosition !== undefined) {
      it(`is 0: ${differences.knowsNoLastPosition}`, async () => {
        const { messages } = part().stores;
        await messages.put(aMessage(1), [copyFor(ALICE)]);
        expect(await messages.lastPosition()).toBe(0);
      });
      return;
    }

    const lastMicros = async () => {
      const last = await part().stores.messages.lastPosition();
      return last === 0 ? null : last - NOW * 1000;
    };
    const claim = (micros: number, expiresAt: number) => {
      const record = { key: 'orders 1', fingerprint: 'f', answer: null, expiresAt };
      const messageId = newMessageId(NOW * 1000 + micros);
      return part().stores.idempotency.claim({ ...record, messageId, timestamp: at(micros) }, NOW);
    };

    it('is the highest position in the store, or 0', async () => {
      const { messages } = part().stores;
      expect(await lastMicros()).toBeNull();
      for (const micros of [1, 7, 7, 3]) await messages.put(aMessage(micros), [copyFor(ALICE)]);
      await messages.markReceived(ALICE, [at(8)], KEPT);
      await messages.put(aMessage(2), [copyFor(BOB)]);
      expect(await lastMicros()).toBe(8);
    });

    it('stays when the copies are deleted', async () => {
      const { messages } = part().stores;
      for (const micros of [1, 7, 7]) await messages.put(aMessage(micros), [copyFor(ALICE), copyFor(BOB)]);
      expect(await messages.purge(ALICE, {})).toBe(3);
      await messages.markReceivedUpTo(BOB, at(7), NOW + HOUR_MS);
      expect(await messages.deleteExpired(NOW + DAY_MS, 100)).toBe(2);
      expect(await messages.purge(BOB, {})).toBe(1);
      await part().reopen();
      expect(await lastMicros()).toBe(8);
      await part().stores.messages.put(aMessage(5), [copyFor(ALICE)]);
      expect(await lastMicros()).toBe(8);
    });

    it('is that of the message of a key, also when the key is deleted', async () => {
      const { messages, idempotency } = part().stores;
      await messages.put(aMessage(1), [copyFor(ALICE)]);
      await claim(5, NOW + HOUR_MS);
      expect(await lastMicros()).toBe(5);
      // It finds the claim that stands.
      await claim(9, KEPT);
      expect(await lastMicros()).toBe(5);
      await idempotency.deleteExpired(NOW + DAY_MS, 100);
      await part().reopen();
      expect(await lastMicros()).toBe(5);
    });
  });
}
