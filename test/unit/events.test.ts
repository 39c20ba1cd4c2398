import { EventBus, type EventName, type NamedEvent } from '../../src/events';
import { formatTime } from '../../src/timestamp';
import { newBrokerParts } from '../support/broker-parts';

const A = 'http://a/hook';

function told(parts: ReturnType<typeof newBrokerParts>): NamedEvent[] {
  const events: NamedEvent[] = [];
  parts.events.on((event) => void events.push(event));
  return events;
}

const named = (events: readonly NamedEvent[], name: EventName) =>
  events.filter((it) => it.name === name).map(({ event }) => event);

describe('EventBus', () => {
  const toggled = { accepting: true, at: formatTime(0) };

  it('tells everybody who listens, in the same task, until they leave', () => {
    const bus = new EventBus(() => undefined);
    const first: NamedEvent[] = [];
    const second: NamedEvent[] = [];
    expect(bus.hasListeners).toBe(false);
    const leave = bus.on((event) => void first.push(event));
    bus.on((event) => void second.push(event));
    expect(bus.hasListeners).toBe(true);
    bus.emit('event.toggled', toggled);
    leave();
    leave();
    bus.emit('event.toggled', toggled);
    expect(first).toEqual([{ name: 'event.toggled', event: toggled }]);
    expect(second).toHaveLength(2);
  });

  it('lets a listener leave while it is told', () => {
    const bus = new EventBus(() => undefined);
    let count = 0;
    const leave = bus.on(() => leave());
    bus.on(() => count++);
    bus.emit('event.toggled', toggled);
    expect(count).toBe(1);
  });

  it('reports what a listener throws, and goes on', () => {
    const faults: unknown[] = [];
    const bus = new EventBus((error) => void faults.push(error));
    const fault = new Error('a bug');
    let count = 0;
    bus.on(() => {
      throw fault;
    });
    bus.on(() => count++);
    bus.emit('event.toggled', toggled);
    expect(faults).toEqual([fault]);
    expect(count).toBe(1);
  });
});

describe('the broker tells', () => {
  it('subscriptions that begin and end, once each', async () => {
    const parts = newBrokerParts();
    const events = told(parts);
    await parts.subscriptions.subscribe('orders', A);
    await parts.subscriptions.subscribe('orders', A);
    await parts.subscriptions.unsubscribe('orders', A);
    await parts.subscriptions.unsubscribe('orders', A);
    expect(events).toMatchObject([
      { name: 'subscription.created', event: { topic: 'orders', subscriber: A } },
      { name: 'subscription.ended', event: { topic: 'orders', subscriber: A } },
    ]);
  });

  it('a publish with its text, and every attempt with its outcome', async () => {
    const parts = newBrokerParts();
    await parts.subscriptions.subscribe('orders', A);
    const events = told(parts);
    const { id, timestamp } = await parts.broker.publish('orders', '{"é":1.0}');
    expect(named(events, 'delivery.attempted')).toMatchObject([
      {
        messageId: id,
        topic: 'orders',
        subscriber: A,
        outcome: 'delivered',
        at: formatTime(parts.clock.now()),
      },
    ]);
    expect(named(events, 'message.published')).toEqual([
      {
        messageId: id,
        topic: 'orders',
        timestamp,
        data: '{"é":1.0}',
        dataBytes: 10,
        delivered: 1,
        undelivered: 0,
        durationMs: 0,
      },
    ]);
  });

  it('the state of a subscriber that fails', async () => {
    const parts = newBrokerParts();
    await parts.subscriptions.subscribe('orders', A);
    const events = told(parts);
    parts.push.answer = () => ({ outcome: 'connection_refused', durationMs: 1 });
    await parts.broker.publish('orders', '1');
    expect(named(events, 'subscriber.state_changed')).toMatchObject([
      { subscriber: A, from: 'live', to: 'draining' },
    ]);
  });
});
