import { SubscriptionManager } from '../../src/broker/subscription-manager';
import { EventBus } from '../../src/events';
import { StoreUnavailableError } from '../../src/errors';
import { TimestampSource } from '../../src/timestamp';
import { deferred, settled } from '../support/deferred';
import { FakeSubscriptionStore, OPEN, UNAVAILABLE } from '../support/fakes';
import { ManualClock } from '../support/manual-clock';

const A = 'http://a/hook';
const B = 'http://b/hook';
const C = 'http://c/hook';

describe('SubscriptionManager', () => {
  let store: FakeSubscriptionStore;
  let subscriptions: SubscriptionManager;

  beforeEach(() => {
    store = new FakeSubscriptionStore();
    subscriptions = newManager();
  });

  function newManager(): SubscriptionManager {
    const events = new EventBus(() => undefined);
    return new SubscriptionManager({ store, timestamps: new TimestampSource(new ManualClock()), events });
  }

  it('lists subscribers in the order in which they came, per topic', async () => {
    for (const url of [B, A, C]) await subscriptions.subscribe('orders', url);
    await subscriptions.subscribe('invoices', A);
    expect(subscriptions.subscribersOf('orders')).toEqual([B, A, C]);
    expect(subscriptions.subscribersOf('invoices')).toEqual([A]);
    expect(subscriptions.subscribersOf('nothing')).toEqual([]);
  });

  it('keeps topics apart that differ only in case, or are names of built-in properties', async () => {
    await subscriptions.subscribe('Orders', A);
    expect(subscriptions.subscribersOf('orders')).toEqual([]);
    expect(subscriptions.subscribersOf('constructor')).toEqual([]);
    expect(subscriptions.subscribersOf('__proto__')).toEqual([]);
  });

  describe('when the answer of the store was lost', () => {
    it('subscribes in the store, too, when it was unsubscribed there', async () => {
      await subscriptions.subscribe('orders', A);
      store.gate = async () => {
        store.active.delete(`orders ${A}`);
        await UNAVAILABLE('end', A);
      };
      await expect(subscriptions.unsubscribe('orders', A)).rejects.toThrow(StoreUnavailableError);
      store.gate = OPEN;
      await expect(subscriptions.subscribe('orders', A)).resolves.toBe(false);
      expect([...store.active]).toEqual([`orders ${A}`]);
      await subscriptions.subscribe('orders', A);
      expect(store.calls).toHaveLength(3);
    });

    it('unsubscribes in the store, too, when it was subscribed there', async () => {
      store.gate = async () => {
        store.active.add(`orders ${A}`);
        await UNAVAILABLE('activate', A);
      };
      await expect(subscriptions.subscribe('orders', A)).rejects.toThrow(StoreUnavailableError);
      store.gate = OPEN;
      await expect(subscriptions.unsubscribe('orders', A)).resolves.toBe(false);
      expect([...store.active]).toEqual([]);
      expect([subscriptions.subscribersOf('orders'), subscriptions.isSubscribed(A)]).toEqual([[], false]);
    });
  });

  describe('subscribe', () => {
    it('says whether the subscription is new, and stores it once', async () => {
      await expect(subscriptions.subscribe('orders', A)).resolves.toBe(true);
      await expect(subscriptions.subscribe('orders', A)).resolves.toBe(false);
      expect(subscriptions.subscribersOf('orders')).toEqual([A]);
      expect(store.calls).toEqual([`activate orders ${A}`]);
    });

    it('shows and answers the change only once it is stored', async () => {
      const stored = deferred();
      store.gate = () => stored.promise;
      let isAnswered = false;
      const subscribing = subscriptions.subscribe('orders', A).then(() => (isAnswered = true));
      await settled();
      expect(isAnswered).toBe(false);
      expect(subscriptions.subscribersOf('orders')).toEqual([]);
      stored.resolve();
      await subscribing;
      expect(subscriptions.subscribersOf('orders')).toEqual([A]);
    });

    it('changes nothing when the store fails, and can be repeated', async () => {
      store.gate = UNAVAILABLE;
      await expect(subscriptions.subscribe('orders', A)).rejects.toThrow(StoreUnavailableError);
      expect(subscriptions.subscribersOf('orders')).toEqual([]);
      store.gate = () => Promise.resolve();
      await expect(subscriptions.subscribe('orders', A)).resolves.toBe(true);
    });

    it('makes one subscription of many requests at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => subscriptions.subscribe('orders', A)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(subscriptions.subscribersOf('orders')).toEqual([A]);
      expect(store.calls).toHaveLength(1);
    });

    it('loses none of many subscribers that come at once', async () => {
      const gates = new Map([A, B, C].map((url) => [`orders ${url}`, deferred()]));
      store.gate = (_operation, key) => gates.get(key)?.promise ?? Promise.resolve();
      const subscribing = [A, B, C].map((url) => subscriptions.subscribe('orders', url));
      for (const url of [C, A, B]) {
        gates.get(`orders ${url}`)?.resolve();
        await settled();
      }
      await expect(Promise.all(subscribing)).resolves.toEqual([true, true, true]);
      expect(subscriptions.subscribersOf('orders')).toEqual([C, A, B]);
    });

    it('does not wait for other subscriptions', async () => {
      const held = deferred();
      store.gate = (_operation, key) => (key === `orders ${A}` ? held.promise : Promise.resolve());
      const waiting = subscriptions.subscribe('orders', A);
      await expect(subscriptions.subscribe('orders', B)).resolves.toBe(true);
      held.resolve();
      await waiting;
    });
  });

  describe('unsubscribe', () => {
    it('ends the subscription and says whether there was one', async () => {
      await subscriptions.subscribe('orders', A);
      await subscriptions.subscribe('orders', B);
      await expect(subscriptions.unsubscribe('orders', A)).resolves.toBe(true);
      await expect(subscriptions.unsubscribe('orders', A)).resolves.toBe(false);
      expect(subscriptions.subscribersOf('orders')).toEqual([B]);
      expect(store.calls.slice(2)).toEqual([`end orders ${A}`]);
    });

    it('leaves the same subscriber on other topics', async () => {
      await subscriptions.subscribe('orders', A);
      await subscriptions.subscribe('invoices', A);
      await subscriptions.unsubscribe('orders', A);
      expect(subscriptions.subscribersOf('invoices')).toEqual([A]);
    });

    it('forgets a topic without subscribers', async () => {
      await subscriptions.subscribe('orders', A);
      await subscriptions.unsubscribe('orders', A);
      expect(subscriptions.subscribersOf('orders')).toEqual([]);
      await expect(subscriptions.subscribe('orders', A)).resolves.toBe(true);
    });

    it('changes nothing when the store fails', async () => {
      await subscriptions.subscribe('orders', A);
      store.gate = UNAVAILABLE;
      await expect(subscriptions.unsubscribe('orders', A)).rejects.toThrow(StoreUnavailableError);
      expect(subscriptions.subscribersOf('orders')).toEqual([A]);
    });

    it('shows the change only once it is stored', async () => {
      await subscriptions.subscribe('orders', A);
      const stored = deferred();
      store.gate = () => stored.promise;
      const ending = subscriptions.unsubscribe('orders', A);
      await settled();
      expect(subscriptions.subscribersOf('orders')).toEqual([A]);
      stored.resolve();
      await ending;
      expect(subscriptions.subscribersOf('orders')).toEqual([]);
    });
  });

  it('ends as the store says when subscribe and unsubscribe cross', async () => {
    const isActive = () => store.active.has(`orders ${A}`);
    // However long each step takes, the index and the store agree in the end.
    store.gate = async (operation) => {
      if (operation === 'activate') await settled();
    };
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        [true, false, true, false, false, true, round % 2 === 0].map((isJoining) =>
          isJoining ? subscriptions.subscribe('orders', A) : subscriptions.unsubscribe('orders', A),
        ),
      );
      expect(subscriptions.subscribersOf('orders')).toEqual(isActive() ? [A] : []);
      expect(isActive()).toBe(round % 2 === 0);
    }
  });

  it('never changes a list that it has handed out', async () => {
    await subscriptions.subscribe('orders', A);
    const before = subscriptions.subscribersOf('orders');
    await subscriptions.subscribe('orders', B);
    const between = subscriptions.subscribersOf('orders');
    await subscriptions.unsubscribe('orders', A);
    expect(before).toEqual([A]);
    expect(between).toEqual([A, B]);
    expect(subscriptions.subscribersOf('orders')).toEqual([B]);
  });

  describe('load', () => {
    it('brings back what was active', async () => {
      await subscriptions.subscribe('orders', A);
      await subscriptions.subscribe('orders', B);
      await subscriptions.subscribe('invoices', C);
      await subscriptions.unsubscribe('orders', B);
      const restarted = newManager();
      await restarted.load();
      expect(restarted.subscribersOf('orders')).toEqual([A]);
      expect(restarted.subscribersOf('invoices')).toEqual([C]);
      await expect(restarted.subscribe('orders', A)).resolves.toBe(false);
      await expect(restarted.unsubscribe('invoices', C)).resolves.toBe(true);
    });

    it('brings back topics, too, that can be named no more', async () => {
      await subscriptions.subscribe('.', A);
      const restarted = newManager();
      await restarted.load();
      expect(restarted.subscribersOf('.')).toEqual([A]);
    });

    it('takes an empty store', async () => {
      await subscriptions.load();
      expect(subscriptions.subscribersOf('orders')).toEqual([]);
    });
  });
});
