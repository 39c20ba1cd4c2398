import { newMessageStore, passTime, sdkError, StubClient } from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const HOT = 'http://hot.example/hook';
const THROTTLED = sdkError('ProvisionedThroughputExceededException');
const clock = new ManualClock();
const urls = (count: number) => Array.from({ length: count }, (_, n) => `http://${n}.example/hook`);

/** These have flags; of each it is looked up whether it has a backlog. */
function newFlags(subscribers: readonly string[], isPending: (subscriber: unknown) => boolean) {
  const client = new StubClient(({ input }) => {
    const values = input.ExpressionAttributeValues as Readonly<Record<string, unknown>>;
    const { ':partition': partition, ':subscriber': subscriber } = values;
    if (partition === undefined) return { Items: isPending(subscriber) ? [{ timestamp: 'now' }] : [] };
    return { Items: subscribers.map((timestamp) => ({ timestamp, flagged_at: clock.now() })) };
  });
  return { store: newMessageStore(client, clock), client };
}

describe('DynamoDbMessageStore.subscribersWithBacklog', () => {
  it('has one among them whose partition is throttled: it may have a backlog', async () => {
    const [waiting, idle] = ['http://waiting.example/hook', 'http://idle.example/hook'];
    const { store } = newFlags([waiting, HOT, idle], (subscriber) => {
      if (subscriber === HOT) throw THROTTLED;
      return subscriber === waiting;
    });
    const found = await passTime(clock, store.subscribersWithBacklog());
    expect([...found].sort()).toEqual([HOT, waiting]);
  });

  it('does not wait for each where none can be read', async () => {
    const startedAt = clock.now();
    let endedAt = 0;
    const { store } = newFlags(urls(1000), () => {
      throw THROTTLED;
    });
    const finding = store.subscribersWithBacklog().finally(() => (endedAt = clock.now()));
    expect(await passTime(clock, finding)).toHaveLength(1000);
    expect(endedAt - startedAt).toBeLessThanOrEqual(6000);
  });

  it('rejects when it may not read them', async () => {
    const { store } = newFlags(urls(2), () => {
      throw sdkError('AccessDeniedException');
    });
    await expect(store.subscribersWithBacklog()).rejects.toMatchObject({
      cause: { name: 'AccessDeniedException' },
    });
  });
});
