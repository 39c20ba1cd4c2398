import type { PushResult } from '../../src/delivery/push-client';
import { newBrokerParts } from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';
import { DELIVERED } from '../support/fakes';

const HANGING = 'http://hanging/hook';
const HEALTHY = 'http://healthy/hook';

describe('a subscriber that hangs', () => {
  it('has its share of the pushes under way at most, whatever it sets, and the others have the rest', async () => {
    const parts = newBrokerParts({ limit: 4, maxShare: 2 });
    await parts.subscriptions.subscribe('hanging', HANGING);
    await parts.subscriptions.subscribe('healthy', HEALTHY);
    await parts.subscribers.changeSettings(HANGING, { maxInFlight: 1000 });
    const answer = deferred<PushResult>();
    parts.push.answer = (url) => (url === HANGING ? answer.promise : DELIVERED);

    const held = [1, 2, 3, 4, 5].map((n) => parts.broker.publish('hanging', String(n)));
    await settled();
    expect(parts.push.dataTo(HANGING)).toEqual(['1', '2']);
    await expect(parts.broker.publish('healthy', '1')).resolves.toMatchObject({ undelivered: [] });

    answer.resolve(DELIVERED);
    await Promise.all(held);
    expect(parts.push.dataTo(HANGING)).toEqual(['1', '2', '3', '4', '5']);
  });
});
