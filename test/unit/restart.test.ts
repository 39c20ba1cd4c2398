import type { PushResult } from '../../src/delivery/push-client';
import { type BrokerParts, newBrokerParts, restartedParts, subscribedParts } from '../support/broker-parts';

const A = 'http://a/hook';
const B = 'http://b/hook';
const REFUSED: PushResult = { outcome: 'connection_refused', durationMs: 1 };
const SPREAD_MS = 3000;

describe('a backlog that a restart finds', () => {
  let parts: BrokerParts;

  beforeEach(async () => {
    parts = await subscribedParts('orders', A);
    await parts.subscriptions.subscribe('other', B);
    parts.push.answer = () => REFUSED;
    await parts.broker.publish('orders', '1');
  });

  it('is begun with within three seconds, and nobody else is looked at', async () => {
    parts.disk.messages.queries.length = 0;
    const restarted = await restartedParts(parts);
    await parts.clock.advanceAsync(SPREAD_MS);
    expect(restarted.push.dataTo(A)).toEqual(['1']);
    expect(parts.disk.messages.queries.map(({ subscriber }) => subscriber)).not.toContain(B);
  });

  it('is pushed before what is published as soon as the server listens', async () => {
    const restarted = newBrokerParts({ disk: parts.disk, clock: parts.clock });
    await Promise.all([restarted.subscriptions.load(), restarted.subscribers.load()]);
    await parts.clock.advanceAsync(1);
    await restarted.broker.publish('orders', '2');
    restarted.subscribers.resume();
    await parts.clock.advanceAsync(SPREAD_MS);
    expect(restarted.push.dataTo(A)).toEqual(['1', '2']);
  });
});
