import { EventBus, type NamedEvent } from '../../src/events';
import { isWanted, TailEvent } from '../../src/http/tail/tail-event';
import { TailRing } from '../../src/http/tail/tail-ring';
import { StatsCounter } from '../../src/http/tail/tail-stats';

const toggled: NamedEvent = { name: 'event.toggled', event: { accepting: true, at: '' } };

function ringWith(count: number, limits = { maxEvents: 3, maxBytes: 1_000_000 }): TailRing {
  const ring = new TailRing(limits);
  for (let n = 1; n <= count; n++) ring.add(new TailEvent(toggled, `e-${n}`));
  return ring;
}

const idsOf = (ring: TailRing, seen: number | null) =>
  ring.since(seen).events.map(({ block }) => block.toString().split('\n')[0]);

describe('TailRing', () => {
  it('gives what came after an event', () => {
    const ring = ringWith(3);
    expect(idsOf(ring, 1)).toEqual(['id: e-2', 'id: e-3']);
    expect(ring.since(1)).toMatchObject({ lost: 0, before: 1 });
    expect(idsOf(ring, 3)).toEqual([]);
    expect(ring.since(0)).toMatchObject({ lost: 0, before: 0 });
  });

  it('says how many are gone', () => {
    const ring = ringWith(10);
    expect(ring.since(2)).toMatchObject({ lost: 5, before: 7 });
    expect(idsOf(ring, 2)).toEqual(['id: e-8', 'id: e-9', 'id: e-10']);
    expect(ring.since(7)).toMatchObject({ lost: 0 });
  });

  it('does not know how many a stranger missed, and gives what is there', () => {
    const ring = ringWith(10);
    expect(ring.since(null)).toMatchObject({ lost: null, before: 7 });
    expect(ring.since(11)).toMatchObject({ lost: null, before: 7 });
    expect(idsOf(ring, 11)).toHaveLength(3);
  });

  it('keeps within its limits, whatever passes through', () => {
    const ring = ringWith(10_000);
    expect(ring.size).toBe(3);
    expect(ring.bytes).toBeLessThan(1500);
    const small = ringWith(10_000, { maxEvents: 1000, maxBytes: 4000 });
    expect(small.bytes).toBeLessThanOrEqual(4000);
    expect(small.size).toBeGreaterThan(5);
    expect(idsOf(small, 9998)).toEqual(['id: e-9999', 'id: e-10000']);
  });
});

describe('what a tail shows', () => {
  const received = (data: string): NamedEvent => ({
    name: 'event.received',
    event: { topic: 'orders', data, at: '' },
  });
  const shown = (data: string) =>
    JSON.parse(String(/data: (.*)/.exec(new TailEvent(received(data), '1').block.toString())?.[1])) as {
      data: string;
      isTruncated: boolean;
    };

  it('is the first 2,048 characters of a text', () => {
    expect(shown('x'.repeat(2048))).toMatchObject({ data: 'x'.repeat(2048), isTruncated: false });
    expect(shown('x'.repeat(2049))).toMatchObject({ data: 'x'.repeat(2048), isTruncated: true });
  });

  it('holds no half of a character', () => {
    const { data, isTruncated } = shown(`${'x'.repeat(2047)}😀`);
    expect(data).toBe('x'.repeat(2047));
    expect(isTruncated).toBe(true);
  });

  it('is one line, whatever the text holds', () => {
    const block = new TailEvent(received('1\n\n2\r\nevent: x'), 'e-1').block.toString();
    expect(block.split(/[\r\n]/)).toHaveLength(5);
  });
});

describe('filters', () => {
  const attempted: NamedEvent = {
    name: 'delivery.attempted',
    event: {
      messageId: 'm',
      topic: 'orders.eu',
      subscriber: 'http://a/',
      outcome: 'timeout',
      durationMs: 1,
      at: '',
    },
  };

  it.each([
    [{}, true],
    [{ topic: 'orders.eu' }, true],
    [{ topic: 'orders' }, false],
    [{ topic: 'orders*' }, true],
    [{ topic: '*' }, true],
    [{ topic: 'invoices*' }, false],
    [{ subscriber: 'http://a/' }, true],
    [{ subscriber: 'http://b/' }, false],
    [{ outcome: 'timeout' as const }, true],
    [{ outcome: 'delivered' as const }, false],
    [{ topic: '*', subscriber: 'http://b/' }, false],
  ])('%j lets an attempt pass: %s', (filter, isPassed) => {
    expect(isWanted(filter, attempted)).toBe(isPassed);
  });

  it('leave out events without what they ask for', () => {
    for (const filter of [{ topic: '*' }, { subscriber: 'http://a/' }, { outcome: 'timeout' as const }]) {
      expect(isWanted(filter, toggled)).toBe(false);
    }
  });
});

describe('StatsCounter', () => {
  it('counts per second, and begins anew', () => {
    const stats = new StatsCounter();
    const bus = new EventBus(() => undefined);
    bus.on((named) => stats.note(named));
    for (let n = 1; n <= 200; n++) {
      const outcome = n % 4 === 0 ? 'timeout' : 'delivered';
      const event = { messageId: '', topic: '', subscriber: '', outcome, durationMs: n, at: '' } as const;
      bus.emit('delivery.attempted', event);
    }
    expect(stats.take(2000, 7)).toEqual({
      publishesPerSecond: 0,
      deliveriesPerSecond: { delivered: 75, timeout: 25 },
      latencyMs: { p50: 100, p95: 190, p99: 198 },
      inFlight: 7,
    });
    expect(stats.take(1000, 0)).toMatchObject({ deliveriesPerSecond: {}, latencyMs: null });
  });
});
