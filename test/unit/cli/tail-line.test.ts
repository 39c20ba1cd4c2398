import { lineOf } from '../../../src/cli/commands/tail';
import type { TailEvent } from '../../../src/client';

const AT = '2026-08-04T12:00:00.123456+00:00';

const shown = (name: string, data: object): string =>
  lineOf({ name, id: null, data } as unknown as TailEvent, (_style, text) => text);

describe('the line of an event', () => {
  it('has the text of a message on one line', () => {
    const counts = { delivered: 1, undelivered: 0, durationMs: 2, isTruncated: true };
    expect(
      shown('message.published', { topic: 'orders', timestamp: AT, data: '{\r\n"a":\u001b1}', ...counts }),
    ).toBe(
      '12:00:00.123  message.published         orders  1 received it, 0 missed it, 2 ms  { "a":\\u001b1}…',
    );
  });

  it('is JSON when the event is not known, or is not what it should be', () => {
    expect(shown('order.\u009b2J', { at: AT, n: 1 })).toBe(
      `12:00:00.123  order.\\u009b2J            {"at":"${AT}","n":1}`,
    );
    expect(shown('toString', { at: 5 })).toMatch(/^[\d:.]{12} {2}toString {18}\{"at":5\}$/);
    for (const name of ['message.published', 'stats', 'delivery.attempted', 'event.received'])
      expect(shown(name, {})).toMatch(/ {2}\{\}$/);
    expect(shown('gap', {})).toContain('events are missing');
  });

  it('cannot steer a terminal', () => {
    const state = { at: AT, subscriber: 'http://a/\u001b[2J', from: 'live', to: '\u009b1m' };
    expect(shown('subscriber.state_changed', state)).toContain('http://a/\\u001b[2J  live → \\u009b1m');
  });
});
