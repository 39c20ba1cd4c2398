import { CircuitBreaker } from '../../src/delivery/circuit-breaker';
import { RETRY_DEFAULTS } from '../../src/delivery/retry-policy';
import { ManualClock } from '../support/manual-clock';

const DAY_MS = 86_400_000;

describe('CircuitBreaker', () => {
  let clock: ManualClock;
  let circuit: CircuitBreaker;

  beforeEach(() => {
    clock = new ManualClock();
    circuit = newCircuit();
  });

  function newCircuit(failingSince: number | null = null): CircuitBreaker {
    return new CircuitBreaker({ clock, random: () => 0.5, settings: RETRY_DEFAULTS }, failingSince);
  }

  function fail(times: number, retryAfter?: string): void {
    for (let count = 0; count < times; count += 1) circuit.failed(circuit.epoch, retryAfter);
  }

  const waitMs = () => Math.max(0, circuit.retryAt - clock.monotonicMs());

  it('is closed at first, and holds nothing up', () => {
    expect(circuit).toMatchObject({ isOpen: false, retryAt: 0, failingSince: null, isHopeless: false });
  });

  it('opens at the fifth failure in a row', () => {
    fail(4);
    expect(circuit.isOpen).toBe(false);
    fail(1);
    expect(circuit.isOpen).toBe(true);
    expect(waitMs()).toBe(1000);
  });

  it('starts counting anew with every success', () => {
    fail(4);
    circuit.succeeded();
    fail(4);
    expect(circuit.isOpen).toBe(false);
  });

  it('doubles the pause with every probe that fails', () => {
    fail(5);
    const pauses = Array.from({ length: 12 }, () => {
      const pause = waitMs() / 1000;
      clock.advance(waitMs());
      fail(1);
      return pause;
    });
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it('closes with the first success, and forgets all', () => {
    fail(9, '100');
    circuit.succeeded();
    expect(circuit).toMatchObject({ isOpen: false, retryAt: 0, failingSince: null, isHeld: false });
    fail(5);
    expect(waitMs()).toBe(1000);
  });

  it('knows since when nothing succeeded, also from an earlier process', () => {
    const since = clock.now();
    fail(1);
    clock.advance(5000);
    fail(1);
    expect(circuit.failingSince).toBe(since);
    circuit = newCircuit(since - DAY_MS);
    fail(1);
    expect(circuit.failingSince).toBe(since - DAY_MS);
  });

  describe('when attempts that began before it opened fail afterwards', () => {
    beforeEach(() => {
      const { epoch } = circuit;
      for (let count = 0; count < 16; count += 1) circuit.failed(epoch);
    });

    it('neither lengthens the pause nor moves it', () => {
      expect(waitMs()).toBe(1000);
      clock.advance(500);
      circuit.failed(0);
      expect(waitMs()).toBe(500);
    });

    it('does not take them for probes', () => {
      circuit = newCircuit(clock.now() - 6 * DAY_MS);
      fail(5);
      for (let count = 0; count < 100; count += 1) circuit.failed(0);
      expect(circuit.isHopeless).toBe(false);
    });

    it('lets their Retry-After postpone the probe', () => {
      circuit.failed(0, '60');
      expect(waitMs()).toBe(60_000);
      circuit.failed(0, '2');
      expect(waitMs()).toBe(60_000);
    });

    it('does not take those that began before an earlier probe for the latest one', () => {
      const beforeProbe = circuit.epoch;
      clock.advance(1000);
      fail(1);
      circuit.failed(beforeProbe);
      expect(waitMs()).toBe(2000);
    });
  });

  describe('Retry-After', () => {
    it('postpones the next attempt, and never hastens it', () => {
      fail(1, '30');
      expect(waitMs()).toBe(30_000);
      expect(circuit.isHeld).toBe(true);
      circuit.succeeded();
      fail(9);
      fail(1, '3');
      expect(waitMs()).toBe(32_000);
    });

    it('is over when its time has passed', () => {
      fail(1, '30');
      clock.advance(30_000);
      expect(circuit.isHeld).toBe(false);
    });

    it('does not make the pauses after it longer', () => {
      fail(5, '100');
      clock.advance(100_000);
      fail(1);
      expect(waitMs()).toBe(2000);
      expect(circuit.isHeld).toBe(false);
    });

    it('counts for an hour at most', () => {
      fail(1, '100000');
      expect(waitMs()).toBe(3_600_000);
    });
  });

  describe('hasten', () => {
    it('takes back the pause of a retry', () => {
      fail(1);
      expect(waitMs()).toBe(1000);
      circuit.hasten();
      expect(waitMs()).toBe(0);
    });

    it('leaves a pause that the subscriber asked for', () => {
      fail(1, '30');
      circuit.hasten();
      expect(waitMs()).toBe(30_000);
    });

    it('leaves the pause before a probe', () => {
      fail(5);
      circuit.hasten();
      expect(waitMs()).toBe(1000);
    });
  });

  describe('isHopeless', () => {
    it('needs five days without a success and twenty probes', () => {
      fail(5);
      clock.advance(5 * DAY_MS);
      fail(19);
      expect(circuit.isHopeless).toBe(false);
      fail(1);
      expect(circuit.isHopeless).toBe(true);
    });

    it('needs the whole five days, however many probes there were', () => {
      fail(500);
      clock.advance(5 * DAY_MS - 1);
      fail(1);
      expect(circuit.isHopeless).toBe(false);
      clock.advance(1);
      expect(circuit.isHopeless).toBe(true);
    });

    it('counts the days of an earlier process, and wants probes of its own', () => {
      circuit = newCircuit(clock.now() - 5 * DAY_MS);
      fail(24);
      expect(circuit.isHopeless).toBe(false);
      fail(1);
      expect(circuit.isHopeless).toBe(true);
    });

    it('is over with a success', () => {
      circuit = newCircuit(clock.now() - 6 * DAY_MS);
      fail(30);
      circuit.succeeded();
      expect(circuit.isHopeless).toBe(false);
    });
  });
});
