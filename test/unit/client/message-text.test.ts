import { parseMessage, parsePage } from '../../../src/client/message-text';

const LENGTH = 16_000_000;
const HEAD = '{"id":"msg_1","topic":"orders","timestamp":"t","data":';

describe('the text of messages', () => {
  // Compared outside of `expect`, which would print them.
  it.each<readonly [string, () => string]>([
    ['a long string', () => `"${'a'.repeat(LENGTH)}"`],
    ['a string of escapes', () => `"${String.raw`\\\"`.repeat(LENGTH / 4)}"`],
    ['a number of many digits', () => '7'.repeat(LENGTH)],
    ['a list with much white space', () => `[${' '.repeat(LENGTH)}1]`],
  ])('is found when it is %s', (_what, make) => {
    const data = make();
    expect(parseMessage(`${HEAD}${data}}`).text === data).toBe(true);
  });

  it('is found on a page, and between much white space', () => {
    const data = `"${'a'.repeat(LENGTH)}"`;
    const { messages } = parsePage(`{"messages":[${HEAD}${data}}],"cursor":"c","hasMore":false}`);
    expect(messages.map(({ text }) => text === data)).toEqual([true]);
    const space = ' '.repeat(LENGTH / 4);
    expect(parseMessage(`{${space}${HEAD.slice(1)}${space}1${space}}${space}`).text).toBe('1');
  });

  it.each(['null', '1', '[]', '{}', '{"data":1}', '{"id":1,"topic":"a","timestamp":"t","data":1}'])(
    'is not read out of %s, which is no message',
    (body) => {
      expect(() => parseMessage(body)).toThrow(TypeError);
    },
  );

  it.each([
    'null',
    '[]',
    '{}',
    '{"messages":{"a":1},"hasMore":true}',
    '{"messages":[null],"hasMore":true}',
    '{"messages":[]}',
  ])('is not read out of %s, which is no page', (body) => {
    expect(() => parsePage(body)).toThrow(TypeError);
  });
});
