import type { PublishResult, Undelivered } from '../../src/broker/publish-result';
import { publishAnswer } from '../../src/http/publish-answer';

const url = (name: string) => `http://${name}/hook`;
const STORED: Undelivered = { url: url('b'), outcome: 'timeout', stored: true };
const DROPPED: Undelivered = { url: url('c'), outcome: 'dropped', stored: false, dropped: 1 };
const LOST: Undelivered = { url: url('d'), outcome: 'store_failed', stored: false };

/** @param delivered how many received it */
function result(delivered: number, ...undelivered: Undelivered[]): PublishResult {
  const all = Array.from({ length: delivered }, () => ({ url: url('a'), status: 200, durationMs: 1 }));
  return { id: 'msg_1', topic: 'orders', timestamp: 'now', delivered: all, undelivered };
}

describe('publishAnswer', () => {
  it.each([
    ['one received it', result(1), 200, 'The subscriber received the message'],
    ['all received it', result(3), 200, 'All 3 subscribers received the message'],
    [
      'it is stored for some',
      result(1, STORED),
      202,
      '1 of 2 subscribers did not receive the message; it is stored for them',
    ],
    [
      'it was dropped for some',
      result(1, STORED, DROPPED),
      202,
      '2 of 3 subscribers did not receive the message, and for 1 of them it was dropped, since their backlog is full',
    ],
    [
      'it is lost to some',
      result(1, LOST),
      503,
      '1 of 2 subscribers did not receive the message, and for 1 of them it could not be stored; publish it again',
    ],
    [
      'it was dropped for some and is lost to others',
      result(0, STORED, DROPPED, LOST),
      503,
      '3 of 3 subscribers did not receive the message, and for 1 of them it was dropped, since their backlog is full, and for 1 of them it could not be stored; publish it again',
    ],
  ])('says that %s', (_name, published, status, message) => {
    const answer = publishAnswer(published);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      message,
      ...published,
      ...(status === 503 && { code: 'store_unavailable' }),
    });
  });

  it('does not take older messages that were dropped for it for a loss', () => {
    expect(publishAnswer(result(0, { ...STORED, dropped: 3 })).status).toBe(202);
  });
});
