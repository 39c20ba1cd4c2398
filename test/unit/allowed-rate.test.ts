import { type BrokerParts, subscribedParts } from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';
import { DELIVERED } from '../support/fakes';

const A = 'http://a/hook';

describe('a rate that a subscriber asks for in its answers', () => {
  let parts: BrokerParts;
  let saves: number;

  beforeEach(async () => {
    parts = await subscribedParts('orders', A);
    parts.push.answer = () => ({ ...DELIVERED, allowedRate: '120' });
    saves = 0;
  });

  const publishTimes = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => parts.broker.publish('orders', String(n))));

  it('is stored once, however many answers ask for it meanwhile', async () => {
    const disk = deferred();
    parts.disk.subscribers.gate = () => {
      saves += 1;
      return disk.promise;
    };
    await publishTimes(10);
    disk.resolve();
    await settled();
    expect([saves, parts.subscribers.settingsOf(A).maxPerSecond]).toEqual([1, 2]);
  });

  it('is asked for again when it could not be stored', async () => {
    parts.disk.subscribers.gate = () => Promise.reject(new Error('not now'));
    await publishTimes(1);
    await settled();
    expect(parts.subscribers.settingsOf(A).maxPerSecond).toBeNull();
    parts.disk.subscribers.gate = () => Promise.resolve();
    await publishTimes(1);
    await settled();
    expect(parts.subscribers.settingsOf(A).maxPerSecond).toBe(2);
  });
});
