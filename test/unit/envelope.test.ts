import fc from 'fast-check';
import { buildEnvelope } from '../../src/delivery/envelope';
import type { Message } from '../../src/model';

const aMessage = (data: string, topic = 'orders'): Message => ({
  id: 'msg_0198f0a1b2c37d4e8f90a1b2c3d4e5f6',
  topic,
  timestamp: '2026-08-04T12:00:00.123456+00:00',
  data,
});

const HEAD =
  '{"id":"msg_0198f0a1b2c37d4e8f90a1b2c3d4e5f6","topic":"orders","timestamp":"2026-08-04T12:00:00.123456+00:00","data":';

function expectDataKept(data: string): void {
  const { body } = buildEnvelope(aMessage(data));
  expect(body).toStrictEqual(Buffer.concat([Buffer.from(HEAD), Buffer.from(data), Buffer.from('}')]));
}

/** JSON texts that JSON.stringify would never write: with white space, escapes, odd numbers and repeated keys. */
const jsonText = fc.letrec<Record<'value' | 'space' | 'number' | 'string' | 'array' | 'object', string>>(
  (tie) => ({
    space: fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 }),
    number: fc.oneof(
      fc.constantFrom('12345678901234567890', '1.0', '-0', '1e400', '1E+2', '0.10', '-1.50e-07'),
      fc.bigInt().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    ),
    string: fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
      fc.constantFrom('"\\u0041\\/\\uD83D\\uDE00"', '"\\ud800"', '"😀 é \u2028"', '"\\u0000\\b\\f"'),
    ),
    array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    object: fc
      .array(fc.tuple(tie('string'), tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(',')}}`),
    value: fc
      .tuple(
        tie('space'),
        fc.oneof(
          { maxDepth: 3 },
          fc.constantFrom('null', 'true', 'false'),
          tie('number'),
          tie('string'),
          tie('array'),
          tie('object'),
        ),
        tie('space'),
      )
      .map((parts) => parts.join('')),
  }),
).value;

describe('buildEnvelope', () => {
  it('carries the id of the message', () => {
    expect(buildEnvelope(aMessage('1')).messageId).toBe('msg_0198f0a1b2c37d4e8f90a1b2c3d4e5f6');
  });

  it('is JSON with the four fields of a message', () => {
    const { body } = buildEnvelope(aMessage('{"total": 1.0}'));
    expect(JSON.parse(body.toString())).toStrictEqual({ ...aMessage(''), data: { total: 1 } });
  });

  it.each([
    ['a number beyond double precision', '12345678901234567890'],
    ['a fraction that is zero', '1.0'],
    ['repeated keys', '{"a":1,"a":2}'],
    ['keys that look like numbers, in their order', '{"2":0,"1":0,"__proto__":null}'],
    ['escapes', '"\\u00e9\\/\\ud83d\\ude00"'],
    ['white space', ' { "a" :\t[ 1 ,\r\n2 ] } '],
    ['astral characters', '"😀𝒳"'],
    ['an empty string', '""'],
    ['null', 'null'],
  ])('keeps %s', (_, data) => {
    expectDataKept(data);
  });

  it('keeps every byte of any JSON text', () => {
    fc.assert(
      fc.property(jsonText, (data) => {
        expect(() => JSON.parse(data) as unknown).not.toThrow();
        expectDataKept(data);
      }),
      { numRuns: 500 },
    );
  });

  it('escapes what is not the publisher’s JSON', () => {
    const { body } = buildEnvelope(aMessage('1', 'a"b\\'));
    expect(JSON.parse(body.toString())).toMatchObject({ topic: 'a"b\\', data: 1 });
  });
});
