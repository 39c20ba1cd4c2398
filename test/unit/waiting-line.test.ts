import { MessageCopies } from '../../src/broker/message-copies';
import { QueuedDelivery } from '../../src/broker/queued-delivery';
import { WaitingLine } from '../../src/broker/waiting-line';
import { buildEnvelope } from '../../src/delivery/envelope';
import { FakeMessageStore } from '../support/fakes';
import { ManualClock } from '../support/manual-clock';

describe('WaitingLine', () => {
  let clock: ManualClock;
  let line: WaitingLine;
  let expired: QueuedDelivery[];

  beforeEach(() => {
    clock = new ManualClock();
    expired = [];
    line = new WaitingLine(clock, (delivery) => expired.push(delivery));
  });

  function delivery(waitMs: number): QueuedDelivery {
    const message = { id: 'msg_1', topic: 'orders', timestamp: 'now', data: '1' };
    const copies = new MessageCopies(new FakeMessageStore(), message, clock);
    const deadline = clock.monotonicMs() + waitMs;
    const publication = {
      message,
      micros: 1,
      isNew: true,
      envelope: buildEnvelope(message),
      copies,
      deadline,
    };
    return new QueuedDelivery('http://a/hook', publication, () =>
      Promise.resolve({ stored: true, dropped: 0, error: null }),
    );
  }

  it('serves first who came first', () => {
    const [first, second] = [delivery(2000), delivery(1000)];
    line.add(first);
    line.add(second);
    expect(line.size).toBe(2);
    expect([line.shift(), line.shift(), line.shift()]).toEqual([first, second, undefined]);
    expect([line.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('lets each go at its own deadline', () => {
    const [first, second] = [delivery(2000), delivery(1000)];
    line.add(first);
    line.add(second);
    clock.advance(1000);
    expect(expired).toEqual([second]);
    expect(line.size).toBe(1);
    clock.advance(1000);
    expect(expired).toEqual([second, first]);
    expect(line.size).toBe(0);
  });

  it('does not let go who was served', () => {
    line.add(delivery(1000));
    line.shift();
    clock.advance(5000);
    expect(expired).toEqual([]);
  });

  it('lets one go at once whose deadline has passed', () => {
    line.add(delivery(-5));
    clock.advance(0);
    expect(expired).toHaveLength(1);
  });
});
