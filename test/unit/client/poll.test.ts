import { poll, type Poller } from '../../../src/client/poll';
import type { PendingMessage } from '../../../src/client/types';

const messageOf = (id: string): PendingMessage => ({
  id,
  topic: 'orders',
  timestamp: 't',
  data: 1,
  text: '1',
});

describe('polling', () => {
  it('ends before the next message when it is aborted, and acks those that were handled', async () => {
    const acked: (readonly string[])[] = [];
    const poller: Poller = {
      page: () => Promise.resolve({ messages: ['a', 'b', 'c'].map(messageOf), cursor: 'c', hasMore: true }),
      ack: (_subscriber, { ids }) => {
        acked.push(ids);
        return Promise.resolve({ acked: ids.length, unknown: [] });
      },
    };
    const leave = new AbortController();
    const seen: string[] = [];
    const polling = async () => {
      for await (const { id } of poll(poller, 'http://localhost/me', { ack: true, signal: leave.signal })) {
        seen.push(id);
        if (id === 'b') leave.abort(new Error('enough'));
      }
    };
    await expect(polling()).rejects.toThrow('enough');
    expect(seen).toEqual(['a', 'b']);
    expect(acked).toEqual([['a', 'b']]);
  });
});
