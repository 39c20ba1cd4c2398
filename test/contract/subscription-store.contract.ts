import { StoreUnavailableError } from '../../src/errors';
import type { Subscription } from '../../src/model';
import type { SubscriptionStore } from '../../src/store/subscription-store';
import type { Stores } from '../../src/store/stores';
import type { StoresHarness } from './stores-harness';

const FIRST = '2026-08-04T12:00:00.000001+00:00';
const SECOND = '2026-08-04T12:00:01.500000+00:00';
const THIRD = '2026-08-04T12:00:02.000000+00:00';

const aSubscription = (topic = 'orders', subscriber = 'http://alice.example/hook'): Subscription => ({
  topic,
  subscriber,
});

const inOrder = (subscriptions: readonly Subscription[]): Subscription[] =>
  [...subscriptions].sort((a, b) => (`${a.topic} ${a.subscriber}` < `${b.topic} ${b.subscriber}` ? -1 : 1));

/** What every SubscriptionStore promises. A backend is supported when it passes this, unchanged. */
export function describeSubscriptionStore(name: string, newHarness: () => StoresHarness): void {
  describe(`${name} keeps the SubscriptionStore contract`, () => {
    let harness: StoresHarness;
    let stores: Stores;
    let store: SubscriptionStore;

    beforeEach(async () => {
      harness = newHarness();
      stores = await harness.open();
      store = stores.subscriptions;
    });

    afterEach(async () => {
      await stores.close();
      await harness.cleanUp();
    });

    it('starts empty', async () => {
      expect(await store.loadActive()).toEqual([]);
      expect(await store.history('orders')).toEqual([]);
    });

    it('loads every active subscription of every topic', async () => {
      const all = [
        aSubscription('orders', 'http://alice.example/hook'),
        aSubscription('orders', 'http://bob.example/hook'),
        aSubscription('returns', 'http://alice.example/hook'),
      ];
      for (const subscription of all) await store.activate(subscription, FIRST);
      expect(inOrder(await store.loadActive())).toEqual(all);
    });

    it('loads active subscriptions that are several pages', async () => {
      const { rows, urlBytes } = harness.severalPages.subscriptions;
      const urlOf = (n: number) => `http://many.example/${n}/`.padEnd(urlBytes, 'x');
      const all = Array.from({ length: rows }, (_, n) => aSubscription('orders', urlOf(n)));
      await Promise.all(all.map((subscription) => store.activate(subscription, FIRST)));
      expect(inOrder(await store.loadActive())).toEqual(inOrder(all));
      expect(await store.history('orders')).toEqual(
        inOrder(all).map((subscription) => ({ ...subscription, createdAt: FIRST, endedAt: null })),
      );
    });

    it('leaves an active subscription as it is when it is activated again', async () => {
      await store.activate(aSubscription(), FIRST);
      await store.activate(aSubscription(), SECOND);
      expect(await store.loadActive()).toEqual([aSubscription()]);
      expect(await store.history('orders')).toEqual([
        { ...aSubscription(), createdAt: FIRST, endedAt: null },
      ]);
    });

    it('keeps an ended subscription in the history only', async () => {
      await store.activate(aSubscription(), FIRST);
      await store.end(aSubscription(), SECOND);
      expect(await store.loadActive()).toEqual([]);
      expect(await store.history('orders')).toEqual([
        { ...aSubscription(), createdAt: FIRST, endedAt: SECOND },
      ]);
    });

    it('activates an ended subscription again with its first createdAt', async () => {
      await store.activate(aSubscription(), FIRST);
      await store.end(aSubscription(), SECOND);
      await store.activate(aSubscription(), THIRD);
      expect(await store.loadActive()).toEqual([aSubscription()]);
      expect(await store.history('orders')).toEqual([
        { ...aSubscription(), createdAt: FIRST, endedAt: null },
      ]);
    });

    it('changes nothing when what it ends is not active', async () => {
      await store.end(aSubscription(), FIRST);
      expect([await store.history('orders'), await store.loadActive()]).toEqual([[], []]);
      await store.activate(aSubscription(), FIRST);
      await store.end(aSubscription(), SECOND);
      await store.end(aSubscription(), THIRD);
      expect(await store.history('orders')).toEqual([
        { ...aSubscription(), createdAt: FIRST, endedAt: SECOND },
      ]);
    });

    it('ends a subscription on one topic and leaves the others', async () => {
      await store.activate(aSubscription('orders'), FIRST);
      await store.activate(aSubscription('returns'), FIRST);
      await store.end(aSubscription('orders'), SECOND);
      expect(await store.loadActive()).toEqual([aSubscription('returns')]);
    });

    it('tells the history of one topic, ordered by subscriber', async () => {
      const urls = ['http://b.example/', 'http://a.example/', 'http://a.example:81/', 'http://C.example/'];
      for (const url of urls) await store.activate(aSubscription('orders', url), FIRST);
      await store.activate(aSubscription('order', 'http://other.example/'), FIRST);
      await store.end(aSubscription('orders', 'http://a.example/'), SECOND);
      const history = await store.history('orders');
      expect(history.map(({ subscriber }) => subscriber)).toEqual([...urls].sort());
      expect(history.filter(({ endedAt }) => endedAt !== null)).toHaveLength(1);
    });

    it('finds everything again after it was closed', async () => {
      await store.activate(aSubscription('orders'), FIRST);
      await store.activate(aSubscription('returns'), FIRST);
      await store.end(aSubscription('returns'), SECOND);
      await stores.close();
      stores = await harness.open();
      expect(await stores.subscriptions.loadActive()).toEqual([aSubscription('orders')]);
      expect(await stores.subscriptions.history('returns')).toEqual([
        { ...aSubscription('returns'), createdAt: FIRST, endedAt: SECOND },
      ]);
    });

    it('rejects every operation with StoreUnavailableError when the backend cannot do it', async () => {
      const unreachable = await harness.openUnreachable();
      const down = unreachable.subscriptions;
      const asked = [
        () => down.loadActive(),
        () => down.activate(aSubscription(), FIRST),
        () => down.end(aSubscription(), FIRST),
        () => down.history('orders'),
      ];
      for (const ask of asked) await expect(ask()).rejects.toThrow(StoreUnavailableError);
      await unreachable.close();
    });
  });
}
