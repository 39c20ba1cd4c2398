import { StoreUnavailableError } from '../../src/errors';
import { NO_RECORD, type SubscriberRecord } from '../../src/model';
import type { Stores } from '../../src/store/stores';
import type { SubscriberStore } from '../../src/store/subscriber-store';
import { ALICE, BOB, HOUR_MS, NOW, at } from './stores-harness';
import type { StoresHarness } from './stores-harness';

/** A record of which nothing is set. */
function bare(subscriber: string): SubscriberRecord {
  return { ...NO_RECORD, subscriber, createdAt: at(0) };
}

/** A record of which everything is set. */
function full(subscriber: string): SubscriberRecord {
  return {
    subscriber,
    createdAt: at(1),
    settings: {
      delivery: 'poll',
      redelivery: false,
      maxInFlight: 7,
      maxPerSecond: 0.5,
      backlog: { maxMessages: 1000, maxAgeSeconds: 86_400, overflow: 'drop_newest' },
      paused: true,
    },
    disabled: { at: at(2), reason: 'gone' },
    failingSince: NOW + 123,
    asideUpTo: at(3),
    secrets: [
      { secret: 'whsec_bmV3', expiresAt: null },
      { secret: 'whsec_b2xk', expiresAt: NOW + HOUR_MS },
    ],
    tokenHash: 'f'.repeat(64),
  };
}

const inOrder = (records: readonly SubscriberRecord[]): SubscriberRecord[] =>
  [...records].sort((a, b) => (a.subscriber < b.subscriber ? -1 : 1));

/** What every SubscriberStore promises. A backend is supported when it passes this, unchanged. */
export function describeSubscriberStore(name: string, newHarness: () => StoresHarness): void {
  describe(`${name} keeps the SubscriberStore contract`, () => {
    let harness: StoresHarness;
    let stores: Stores;
    let store: SubscriberStore;

    beforeEach(async () => {
      harness = newHarness();
      stores = await harness.open();
      store = stores.subscribers;
    });

    afterEach(async () => {
      await stores.close();
      await harness.cleanUp();
    });

    it('starts empty', async () => {
      expect(await store.loadAll()).toEqual([]);
    });

    it.each<{ name: string; record: SubscriberRecord }>([
      { name: 'of which nothing is set', record: bare(ALICE) },
      { name: 'of which everything is set', record: full(ALICE) },
      {
        name: 'that was found unreachable',
        record: { ...bare(ALICE), disabled: { at: at(9), reason: 'unreachable' } },
      },
      {
        name: 'with a setting of null and an incomplete backlog',
        record: { ...bare(ALICE), settings: { maxPerSecond: null, backlog: { overflow: 'drop_oldest' } } },
      },
      { name: 'that fails since the epoch', record: { ...bare(ALICE), failingSince: 0 } },
      { name: 'of the longest URL', record: full(`http://${'x'.repeat(2041)}`) },
    ])('gives a record back as it was saved: one $name', async ({ record }) => {
      await store.save(record);
      expect(await store.loadAll()).toEqual([record]);
    });

    it.each([
      { name: 'a full record by a bare one', before: full(ALICE), after: bare(ALICE) },
      { name: 'a bare record by a full one', before: bare(ALICE), after: full(ALICE) },
    ])('replaces $name, whole', async ({ before, after }) => {
      await store.save(before);
      await store.save(after);
      expect(await store.loadAll()).toEqual([after]);
    });

    it('keeps the records of different subscribers apart', async () => {
      const longest = `http://${'x'.repeat(2040)}`;
      const all = [full(ALICE), bare(BOB), full(`${longest}1`), bare(`${longest}2`)];
      for (const record of all) await store.save(record);
      await store.save(bare(ALICE));
      expect(inOrder(await store.loadAll())).toEqual(inOrder([bare(ALICE), ...all.slice(1)]));
    });

    it('loads records that are several pages', async () => {
      const { rows, bytes } = harness.severalPages.subscribers;
      const secrets = [{ secret: `whsec_${'x'.repeat(bytes)}`, expiresAt: null }];
      const all = Array.from({ length: rows }, (_, n) => ({ ...full(`http://many.example/${n}`), secrets }));
      // Not all at once: an emulator does one after the other, and a request has a deadline.
      for (let n = 0; n < all.length; n += 25) {
        await Promise.all(all.slice(n, n + 25).map((record) => store.save(record)));
      }
      expect(inOrder(await store.loadAll())).toEqual(inOrder(all));
    }, 60_000);

    it('takes no note of subscriptions and messages', async () => {
      await stores.subscriptions.activate({ topic: 'orders', subscriber: ALICE }, at(0));
      await stores.ping();
      expect(await store.loadAll()).toEqual([]);
    });

    it('finds everything again after it was closed', async () => {
      await store.save(full(ALICE));
      await store.save(bare(BOB));
      await stores.close();
      stores = await harness.open();
      expect(inOrder(await stores.subscribers.loadAll())).toEqual([full(ALICE), bare(BOB)]);
    });

    it('rejects every operation with StoreUnavailableError when the backend cannot do it', async () => {
      const unreachable = await harness.openUnreachable();
      const down = unreachable.subscribers;
      for (const ask of [() => down.loadAll(), () => down.save(full(ALICE))]) {
        await expect(ask()).rejects.toThrow(StoreUnavailableError);
      }
      await unreachable.close();
    });
  });
}
