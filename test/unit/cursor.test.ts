import fc from 'fast-check';
import { formatCursor, MAX_LATE, parseCursor } from '../../src/broker/cursor';
import { HeraldError } from '../../src/errors';
import { formatTimestamp } from '../../src/timestamp';

const MICROS = Date.parse('2026-08-04T12:00:00Z') * 1000;
const AT = formatTimestamp(MICROS);

describe('a cursor', () => {
  it('is the position, where it names no late messages', () => {
    expect(formatCursor({ position: AT, late: [] })).toBe(AT);
    expect(parseCursor(AT, 'after')).toEqual({ position: AT, late: [] });
  });

  it('names late messages by how far they stand before it', () => {
    const late = [MICROS - 36 * 36, MICROS - 1, MICROS].map(formatTimestamp);
    expect(formatCursor({ position: AT, late })).toBe(`${AT}~100.1.0`);
  });

  it('is read as it was written', () => {
    const offsets = fc.array(fc.integer({ min: 0, max: 86_400_000_000 }), { maxLength: MAX_LATE });
    fc.assert(
      fc.property(offsets, (found) => {
        const cursor = { position: AT, late: found.map((offset) => formatTimestamp(MICROS - offset)) };
        expect(parseCursor(formatCursor(cursor), 'after')).toEqual(cursor);
      }),
    );
  });

  it('names the last of too many late messages', () => {
    const late = Array.from({ length: MAX_LATE + 1 }, (_, n) => formatTimestamp(MICROS - n));
    expect(parseCursor(formatCursor({ position: AT, late }), 'after').late).toEqual(late.slice(1));
  });

  it.each([
    '',
    'x',
    `${AT}~`,
    `${AT}~.`,
    `${AT}~1.`,
    `${AT}~-1`,
    `${AT}~A`,
    `${AT}~1~2`,
    `~1`,
    `${AT}~${'z'.repeat(20)}`,
  ])('%j is none', (text) => {
    expect(() => parseCursor(text, 'upTo')).toThrow(HeraldError);
  });

  it('of more late messages than one can name is none', () => {
    const offsets = Array.from({ length: MAX_LATE + 1 }, () => '1').join('.');
    expect(() => parseCursor(`${AT}~${offsets}`, 'upTo')).toThrow(/upTo is not a cursor/);
  });
});
