import { SubscriptionQuota } from '../../src/broker/subscription-quota';
import { newBrokerParts } from '../support/broker-parts';
import { deferred } from '../support/deferred';

const [A, B, C] = ['http://a/hook', 'http://b/hook', 'http://c/hook'];

describe('SubscriptionQuota', () => {
  const scene = (perTopic: number | null, perSubscriber: number | null) => {
    const { subscriptions } = newBrokerParts();
    const quota = new SubscriptionQuota(subscriptions, {
      maxSubscriptionsPerTopic: perTopic,
      maxTopicsPerSubscriber: perSubscriber,
    });
    const subscribe = (topic: string, subscriber: string, until: Promise<void> = Promise.resolve()) =>
      quota.within({ topic, subscriber }, async () => {
        await until;
        return subscriptions.subscribe(topic, subscriber);
      });
    return { subscriptions, subscribe };
  };
  const tooMany = (message: string) => ({ code: 'too_many_subscriptions', message });

  it('bounds the subscribers of a topic and the topics of a subscriber', async () => {
    const { subscribe } = scene(2, 1);
    await subscribe('t', A);
    await subscribe('t', B);
    await expect(subscribe('t', C)).rejects.toMatchObject(tooMany('A topic has at most 2 subscribers'));
    await expect(subscribe('other', A)).rejects.toMatchObject(
      tooMany('A subscriber is subscribed to at most 1 topics'),
    );
    await expect(subscribe('t', A)).resolves.toBe(false);
  });

  it('counts those that are being made at that moment', async () => {
    const { subscriptions, subscribe } = scene(2, 1);
    const consent = deferred();
    const first = [subscribe('t', A, consent.promise), subscribe('t', B, consent.promise)];
    await expect(subscribe('t', C)).rejects.toMatchObject(tooMany('A topic has at most 2 subscribers'));
    await expect(subscribe('other', A)).rejects.toMatchObject(
      tooMany('A subscriber is subscribed to at most 1 topics'),
    );
    consent.resolve();
    await Promise.all(first);
    expect(subscriptions.subscribersOf('t')).toEqual([A, B]);
  });

  it('does not count the same one twice, nor one that failed', async () => {
    const { subscriptions, subscribe } = scene(1, 1);
    await expect(subscribe('t', A, Promise.reject(new Error('no consent')))).rejects.toThrow('no consent');
    await Promise.all([subscribe('t', B), subscribe('t', B)]);
    expect(subscriptions.subscribersOf('t')).toEqual([B]);
  });

  it('bounds nothing without limits', async () => {
    const { subscriptions, subscribe } = scene(null, null);
    await Promise.all([A, B, C].map((url) => subscribe('t', url)));
    expect(subscriptions.subscribersOf('t')).toHaveLength(3);
  });
});
