import { isTopicFilter, parseTopic } from '../../src/broker/topic';

describe('parseTopic', () => {
  it.each([
    ['a letter', 'a', 'a'],
    ['every permitted sign', 'aZ09._~:@+-', 'aZ09._~:@+-'],
    ['white space around it', ' \t orders \n', 'orders'],
    ['more dots than a path has a meaning for', '...', '...'],
    ['256 characters', 'x'.repeat(256), 'x'.repeat(256)],
    ['256 characters once trimmed', ` ${'x'.repeat(256)} `, 'x'.repeat(256)],
  ])('accepts %s', (_name, text, topic) => {
    expect(parseTopic(text)).toBe(topic);
  });

  it.each([
    ['nothing', ''],
    ['only white space', ' \t\n'],
    ['257 characters', 'x'.repeat(257)],
    ['inner white space', 'or ders'],
    ['a line break within', 'or\nders'],
    ['a slash', 'a/b'],
    ['a percent sign', 'a%20b'],
    ['letters outside ASCII', 'bestellungén'],
    ['a control character', 'a\u0000'],
    ['a zero-width space at its end', 'orders\u200b'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseTopic(text)).toThrow(
      expect.objectContaining({ code: 'invalid_topic', status: 400, faults: [] }) as Error,
    );
  });

  it.each(['.', '..', ' . '])('refuses "%s", which no client can name in a path', (text) => {
    expect(() => parseTopic(text)).toThrow('A topic cannot be . or .., which mean folders in a path');
  });
});

describe('isTopicFilter', () => {
  it.each(['orders', 'orders*', 'orders.*', '*', '.*', `${'x'.repeat(256)}*`])('takes %s', (text) => {
    expect(isTopicFilter(text)).toBe(true);
  });

  it.each(['', 'a b', '*a*', '*a', 'a*b', 'a**', '.', 'a/*', `${'x'.repeat(257)}*`])(
    'does not take "%s"',
    (text) => {
      expect(isTopicFilter(text)).toBe(false);
    },
  );
});
