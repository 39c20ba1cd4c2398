import type { PushResult } from '../../src/delivery/push-client';
import { type BrokerParts, type FakeDisk, restartedParts, subscribedParts } from '../support/broker-parts';
import { crashedClaim } from '../support/crashed-claim';
import { type Deferred, deferred, settled } from '../support/deferred';
import { DELIVERED } from '../support/fakes';

const A = 'http://a/hook';
const LATE = '"late"';
const MINUTE = 60_000;
const NOT_ACCEPTED: PushResult = { outcome: 'http_status', status: 400, durationMs: 1 };

/** A crashed process had claimed the key of a message, and with it a place before all that is published here. */
describe('a message that takes a place before one that is refused', () => {
  let disk: FakeDisk;
  let parts: BrokerParts;

  beforeEach(async () => {
    parts = await subscribedParts('orders', A);
    ({ disk } = parts);
    const micros = parts.clock.now() * 1000 - 1_000_000;
    await disk.idempotency.claim(crashedClaim('orders', 'k', LATE, { micros }), 0);
  });

  const pass = (ms: number) => parts.clock.advanceAsync(ms);
  const answer = (result: PushResult) => (parts.push.answer = () => result);
  /** Its copy is in the backlog before anything else becomes of it. */
  const publishLate = () => parts.idempotent.publish('orders', LATE, 'k', { respondAsync: true });

  async function restart(): Promise<void> {
    parts = await restartedParts(parts);
    await pass(MINUTE);
  }

  describe('while the last attempt at that one is under way', () => {
    let last: Deferred<PushResult>;

    beforeEach(async () => {
      answer(NOT_ACCEPTED);
      await parts.broker.publish('orders', '"refused"');
      last = deferred();
      parts.push.answer = () => (parts.push.pushes.length < 3 ? NOT_ACCEPTED : last.promise);
      await pass(MINUTE);
    });

    it.each(['before it is set aside', 'as it is set aside'])('%s, is pushed, once', async (when) => {
      const setting = deferred();
      if (when === 'as it is set aside') {
        disk.messages.gate = (operation) => (operation === 'setAside' ? setting.promise : Promise.resolve());
        last.resolve(NOT_ACCEPTED);
        await settled();
      }
      await publishLate();
      answer(DELIVERED);
      last.resolve(NOT_ACCEPTED);
      setting.resolve();
      await pass(MINUTE);
      expect(parts.push.dataTo(A).slice(3)).toEqual([LATE]);
      expect(parts.subscribers.statusOf(A).state).toBe('live');
      expect(disk.messages.dataOf(A)).toEqual(['"refused"']);
      await restart();
      expect(parts.push.dataTo(A)).toEqual([]);
    });
  });

  it('after that was set aside, is told to be stored once the next process would push it', async () => {
    answer(NOT_ACCEPTED);
    await parts.broker.publish('orders', '"refused"');
    await pass(MINUTE);
    await parts.subscribers.changeSettings(A, { paused: true });
    const saving = deferred();
    disk.subscribers.gate = () => saving.promise;
    let isTold = false;
    const publishing = publishLate().then(() => (isTold = true));
    await settled();
    expect([disk.messages.dataOf(A), isTold]).toEqual([[LATE, '"refused"'], false]);
    saving.resolve();
    await publishing;
    await parts.subscribers.changeSettings(A, { paused: false });
    await restart();
    expect(parts.push.dataTo(A)).toEqual([LATE]);
  });
});
