import fc from 'fast-check';
import { microsOfMessageId, newMessageId } from '../../src/message-id';

const micros = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('newMessageId', () => {
  it('holds the microseconds exactly', () => {
    fc.assert(fc.property(micros, (value) => microsOfMessageId(newMessageId(value)) === value));
  });

  it('holds every fraction of a millisecond', () => {
    const start = Date.parse('2026-08-04T12:00:00.123Z') * 1000;
    const values = Array.from({ length: 1000 }, (_, fraction) => start + fraction);
    expect(values.map((value) => microsOfMessageId(newMessageId(value)))).toEqual(values);
  });

  it('is a UUID version 7 without dashes behind its prefix', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const id = newMessageId(value);
        expect(id).toMatch(/^msg_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
        expect(parseInt(id.slice(4, 16), 16)).toBe(Math.floor(value / 1000));
      }),
    );
  });

  it('has no full stop, which separates the parts of a signed text', () => {
    fc.assert(fc.property(micros, (value) => !newMessageId(value).includes('.')));
  });

  it('sorts in the order of time', () => {
    fc.assert(fc.property(micros, micros, (a, b) => a === b || newMessageId(a) < newMessageId(b) === a < b));
  });

  it('is unique also within one microsecond', () => {
    const ids = Array.from({ length: 10_000 }, () => newMessageId(1_785_844_800_123_456));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('microsOfMessageId', () => {
  const id = 'msg_0198a1b2c3d47fff8123456789abcdef';

  it('reads an id of the right form', () => {
    expect(microsOfMessageId(id)).toBe(0x0198a1b2c3d4 * 1000 + 999);
  });

  it.each([
    ['an empty text', ''],
    ['no prefix', id.slice(4)],
    ['another prefix', id.replace('msg_', 'evt_')],
    ['another version', id.replace('d47', 'd44')],
    ['another variant', id.replace('fff8', 'fffc')],
    ['upper case', id.toUpperCase()],
    ['a digit too few', id.slice(0, -1)],
    ['a digit too many', `${id}0`],
    ['a line break behind it', `${id}\n`],
    ['a UUID with dashes', 'msg_0198a1b2-c3d4-7fff-8123-456789abcdef'],
  ])('answers null for %s', (_name, text) => {
    expect(microsOfMessageId(text)).toBeNull();
  });
});
