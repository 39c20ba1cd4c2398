import fc from 'fast-check';
import { formatTimestamp, parseTimestamp, TimestampSource } from '../../src/timestamp';
import { ManualClock } from '../support/manual-clock';

/** Unix microseconds from 1970 to the year 2255, where they stop being exact numbers. */
const micros = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('formatTimestamp', () => {
  it('writes UTC with six fraction digits and +00:00', () => {
    expect(formatTimestamp(Date.parse('2026-08-04T12:00:00.123Z') * 1000 + 456)).toBe(
      '2026-08-04T12:00:00.123456+00:00',
    );
    expect(formatTimestamp(0)).toBe('1970-01-01T00:00:00.000000+00:00');
    expect(formatTimestamp(7)).toBe('1970-01-01T00:00:00.000007+00:00');
  });

  it('is undone by parseTimestamp', () => {
    fc.assert(fc.property(micros, (value) => parseTimestamp(formatTimestamp(value)) === value));
  });

  it('sorts as text as the moments do', () => {
    fc.assert(fc.property(micros, micros, (a, b) => formatTimestamp(a) < formatTimestamp(b) === a < b));
  });
});

describe('parseTimestamp', () => {
  it.each([
    '',
    '2026-08-04',
    '2026-08-04T12:00:00+00:00',
    '2026-08-04T12:00:00.123+00:00',
    '2026-08-04T12:00:00.123456Z',
    '2026-08-04T12:00:00.123456+02:00',
    '2026-08-04 12:00:00.123456+00:00',
    ' 2026-08-04T12:00:00.123456+00:00',
    '2026-08-04T12:00:00.123456+00:00 ',
    '2026-02-30T12:00:00.123456+00:00',
    '2026-13-01T12:00:00.123456+00:00',
    '2026-08-04T24:00:00.000000+00:00',
    '2026-08-04T12:60:00.123456+00:00',
  ])('answers null for %j', (text) => {
    expect(parseTimestamp(text)).toBeNull();
  });

  it('answers null for any text that it would not print back', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseTimestamp(text);
        return parsed === null || formatTimestamp(parsed) === text;
      }),
    );
  });
});

describe('TimestampSource', () => {
  const start = Date.parse('2026-08-04T12:00:00.000Z');

  function expectStrictlyIncreasing(values: readonly number[]): void {
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  }

  it('gives out the time of the clock in microseconds', () => {
    const clock = new ManualClock(start);
    const source = new TimestampSource(clock);
    expect(source.next()).toBe(start * 1000);
    clock.advance(5);
    expect(source.next()).toBe((start + 5) * 1000);
  });

  it('increases while the clock stands still', () => {
    const source = new TimestampSource(new ManualClock(start));
    const values = Array.from({ length: 5000 }, () => source.next());
    expectStrictlyIncreasing(values);
    expect(values.at(-1)).toBe(start * 1000 + 4999);
  });

  it('increases when the clock steps back', () => {
    const clock = new ManualClock(start);
    const source = new TimestampSource(clock);
    const before = source.next();
    clock.set(start - 3_600_000);
    expect(source.next()).toBe(before + 1);
    clock.set(start + 1);
    expect(source.next()).toBe((start + 1) * 1000);
  });

  it('increases however the clock moves', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }), { maxLength: 50 }), (times) => {
        const clock = new ManualClock(start);
        const source = new TimestampSource(clock);
        expectStrictlyIncreasing(
          times.map((time) => {
            clock.set(time);
            return source.next();
          }),
        );
      }),
    );
  });

  it('starts above what was given out before a restart', () => {
    const source = new TimestampSource(new ManualClock(start));
    source.startAbove(start * 1000 + 77);
    expect(source.next()).toBe(start * 1000 + 78);
  });

  it('tells once that it is more than a minute ahead of the clock, until that has caught up', () => {
    const clock = new ManualClock(start);
    const ahead: number[] = [];
    const source = new TimestampSource(clock, (ms) => ahead.push(ms));
    source.startAbove(start * 1000 + 59_999_999);
    source.next();
    expect(ahead).toEqual([]);
    clock.step(-1000);
    source.next();
    source.next();
    expect(ahead).toEqual([61_000]);
    clock.step(62_000);
    source.next();
    clock.step(-3_600_000);
    source.next();
    expect(ahead).toEqual([61_000, 3_600_000]);
  });

  it('is not set back by startAbove', () => {
    const source = new TimestampSource(new ManualClock(start));
    const first = source.next();
    source.startAbove(first - 1000);
    source.startAbove(0);
    expect(source.next()).toBe(first + 1);
  });
});
