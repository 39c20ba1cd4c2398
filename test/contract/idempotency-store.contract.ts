import { StoreUnavailableError } from '../../src/errors';
import { newMessageId } from '../../src/message-id';
import type { IdempotencyRecord, IdempotencyStore } from '../../src/store/idempotency-store';
import type { Stores } from '../../src/store/stores';
import { DAY_MS, HOUR_MS, KEPT, NOW, at } from './stores-harness';
import type { BackendDifferences, StoresHarness } from './stores-harness';

const KEY = 'orders 5f0c';
const NON_ASCII = '{"é": "\u2028\uFFFF 😀 \\u0000"}';

/** A claim of `KEY` by a message of its own. */
function aRecord(rest: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  return {
    key: KEY,
    fingerprint: 'a'.repeat(64),
    messageId: newMessageId(NOW * 1000),
    timestamp: at(0),
    answer: null,
    expiresAt: KEPT,
    ...rest,
  };
}

/** What every IdempotencyStore promises. A backend is supported when it passes this, unchanged. */
export function describeIdempotencyStore(
  name: string,
  newHarness: () => StoresHarness,
  differences: BackendDifferences = {},
): void {
  describe(`${name} keeps the IdempotencyStore contract`, () => {
    let harness: StoresHarness;
    let stores: Stores;
    let store: IdempotencyStore;

    beforeEach(async () => {
      harness = newHarness();
      stores = await harness.open();
      store = stores.idempotency;
    });

    afterEach(async () => {
      await stores.close();
      await harness.cleanUp();
    });

    /** The record that stands at the key; it is claimed with a new one otherwise. */
    const standing = (key = KEY) => store.claim(aRecord({ key }), NOW);

    describe('claim', () => {
      it('hands its own record back to the first, and that one to all others', async () => {
        const first = aRecord();
        expect(await store.claim(first, NOW)).toEqual(first);
        expect(await store.claim(aRecord({ fingerprint: 'other' }), NOW)).toEqual(first);
        expect(await standing()).toEqual(first);
      });

      it.each<{ name: string; record: Partial<IdempotencyRecord> }>([
        { name: 'non-ASCII texts', record: { key: 'заказы é😀', fingerprint: 'é😀', answer: NON_ASCII } },
        { name: 'the longest key', record: { key: '界'.repeat(600) } },
        { name: 'an answer', record: { answer: '{"message": "done"}' } },
        { name: 'a time that is no whole second', record: { expiresAt: KEPT + 123 } },
      ])('gives a record back as it was claimed, with $name', async ({ record }) => {
        const first = aRecord(record);
        await store.claim(first, NOW);
        expect(await standing(first.key)).toEqual(first);
      });

      it('gives exactly one of fifty claims at once its own record, and all the same', async () => {
        const records = Array.from({ length: 50 }, () => aRecord());
        const claimed = await Promise.all(records.map((record) => store.claim(record, NOW)));
        expect(new Set(claimed.map(({ messageId }) => messageId)).size).toBe(1);
        expect(claimed.filter((there, n) => there.messageId === records[n]?.messageId)).toHaveLength(1);
      });

      it('is safe to repeat', async () => {
        const record = aRecord();
        await store.claim(record, NOW);
        expect(await store.claim(record, NOW)).toEqual(record);
      });

      it('keeps keys apart', async () => {
        const records = ['a', 'A', 'a ', '😀'].map((key) => aRecord({ key }));
        for (const record of records) expect(await store.claim(record, NOW)).toEqual(record);
        for (const record of records) expect(await standing(record.key)).toEqual(record);
      });

      it('replaces a record, with its answer, once that has expired', async () => {
        const old = aRecord({ expiresAt: NOW + HOUR_MS });
        await store.claim(old, NOW);
        await store.saveAnswer(KEY, old.messageId, '{"message": "old"}');
        const next = aRecord({ fingerprint: 'next', timestamp: at(5), expiresAt: NOW + DAY_MS });
        expect(await store.claim(next, NOW + HOUR_MS - 1)).toEqual({ ...old, answer: '{"message": "old"}' });
        expect(await store.claim(next, NOW + HOUR_MS)).toEqual(next);
        expect(await standing()).toEqual(next);
      });

      it('gives exactly one of fifty claims of an expired key its own record', async () => {
        await store.claim(aRecord({ expiresAt: NOW + HOUR_MS }), NOW);
        const records = Array.from({ length: 50 }, () => aRecord());
        const claimed = await Promise.all(records.map((record) => store.claim(record, NOW + HOUR_MS)));
        expect(claimed.filter((there, n) => there.messageId === records[n]?.messageId)).toHaveLength(1);
      });
    });

    describe('saveAnswer', () => {
      it.each([
        { name: 'plain', answer: '{"message": "done"}' },
        { name: 'non-ASCII', answer: NON_ASCII },
        { name: 'long non-ASCII', answer: NON_ASCII.repeat(1000) },
        {
          name: 'that names 10,000 subscribers',
          answer: JSON.stringify(
            Array.from({ length: 10_000 }, (_, n) => ({
              url: `https://many.example/subscribers/${n}/hook`,
              outcome: 'connection_refused',
              stored: true,
            })),
          ),
        },
      ])('keeps an answer $name, byte for byte', async ({ answer }) => {
        const record = aRecord();
        await store.claim(record, NOW);
        await store.saveAnswer(KEY, record.messageId, answer);
        const there = await standing();
        expect(there.answer === answer).toBe(true);
        expect({ ...there, answer: null }).toEqual(record);
      });

      it.each([
        { name: 'a long one by a short one', first: 'x'.repeat(10_000), second: 'short' },
        { name: 'a short one by a long one', first: 'short', second: 'x'.repeat(10_000) },
      ])('replaces an earlier answer, $name', async ({ first, second }) => {
        const record = aRecord();
        await store.claim(record, NOW);
        await store.saveAnswer(KEY, record.messageId, first);
        await store.saveAnswer(KEY, record.messageId, second);
        expect(await standing()).toEqual({ ...record, answer: second });
      });

      it('does nothing when another message has the key', async () => {
        const record = aRecord();
        await store.claim(record, NOW);
        await store.saveAnswer(KEY, aRecord().messageId, 'foreign');
        expect(await standing()).toEqual(record);
      });

      it('does nothing, and makes no record, when nobody has the key', async () => {
        await store.saveAnswer(KEY, aRecord().messageId, 'foreign');
        const record = aRecord();
        expect(await store.claim(record, NOW)).toEqual(record);
      });
    });

    describe('deleteExpired', () => {
      if (differences.expiresByItself !== undefined) {
        it(`does nothing: ${differences.expiresByItself}`, async () => {
          const record = aRecord({ expiresAt: NOW + HOUR_MS });
          await store.claim(record, NOW);
          expect(await store.deleteExpired(NOW + DAY_MS, 100)).toBe(0);
          expect(await standing()).toEqual(record);
        });
        return;
      }

      it('deletes what expired at or before `now`, at most `limit`', async () => {
        const keys = Array.from({ length: 5 }, (_, n) => `orders ${n}`);
        for (const key of keys) await store.claim(aRecord({ key, expiresAt: NOW + HOUR_MS }), NOW);
        await store.claim(aRecord({ expiresAt: NOW + HOUR_MS + 1 }), NOW);
        expect(await store.deleteExpired(NOW + HOUR_MS - 1, 100)).toBe(0);
        expect(await store.deleteExpired(NOW + HOUR_MS, 2)).toBe(2);
        expect(await store.deleteExpired(NOW + HOUR_MS, 4)).toBe(3);
        expect(await store.deleteExpired(NOW + HOUR_MS, 100)).toBe(0);
        expect((await standing()).expiresAt).toBe(NOW + HOUR_MS + 1);
      });

      it('deletes many, with answers, in one call', async () => {
        const answer = 'x'.repeat(2000);
        const records = Array.from({ length: 1300 }, (_, n) =>
          aRecord({ key: `orders ${n}`, answer, expiresAt: NOW + HOUR_MS }),
        );
        await Promise.all(records.map((record) => store.claim(record, NOW)));
        expect(await store.deleteExpired(NOW + HOUR_MS, 5000)).toBe(1300);
      });
    });

    it('is no backlog: messages know nothing of it', async () => {
      await store.claim(aRecord(), NOW);
      expect(await stores.messages.subscribersWithBacklog()).toEqual([]);
    });

    it('finds everything again after it was closed', async () => {
      const record = aRecord();
      await store.claim(record, NOW);
      await store.saveAnswer(KEY, record.messageId, NON_ASCII);
      await stores.close();
      stores = await harness.open();
      store = stores.idempotency;
      expect(await standing()).toEqual({ ...record, answer: NON_ASCII });
    });

    it('rejects every operation with StoreUnavailableError when the backend cannot do it', async () => {
      const unreachable = await harness.openUnreachable();
      const down = unreachable.idempotency;
      const asked = [
        () => down.claim(aRecord(), NOW),
        () => down.saveAnswer(KEY, aRecord().messageId, '{}'),
        ...(differences.expiresByItself === undefined ? [() => down.deleteExpired(NOW, 1)] : []),
      ];
      for (const ask of asked) await expect(ask()).rejects.toThrow(StoreUnavailableError);
      await unreachable.close();
    });
  });
}
