import { HeraldError, PurgeInterruptedError, StoreUnavailableError } from '../../src/errors';
import { newMessageId } from '../../src/message-id';
import type { Message } from '../../src/model';
import { formatTimestamp } from '../../src/timestamp';
import {
  itemBytes,
  networkError,
  newMessageStore,
  passTime,
  sdkError,
  type Sent,
  StubClient,
} from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const CLASH = sdkError('ConditionalCheckFailedException');
const ALICE = 'http://alice.example/hook';
const BOB = 'http://bob.example/hook';
const clock = new ManualClock();
const MICROS = clock.now() * 1000;
const at = (micros: number) => formatTimestamp(MICROS + micros);
const DAY_MS = 86_400_000;
const copyFor = (subscriber: string, expiresAt = clock.now() + 1500) => ({ subscriber, expiresAt });

function aMessage(rest: Partial<Message> = {}): Message {
  return { id: newMessageId(MICROS), topic: 'orders', timestamp: at(0), data: '{}', ...rest };
}

type Item = Readonly<Record<string, unknown>>;

const itemOf = (sent: Sent | undefined) => (sent?.input.Item ?? {}) as Item;
const isFlag = (sent: Sent) => itemOf(sent).subscriber === 'backlog';
const copiesIn = (client: StubClient) =>
  client.sent.filter((sent) => sent.name === 'PutCommand' && !isFlag(sent)).map(itemOf);

describe('DynamoDbMessageStore.put', () => {
  it('writes one row, on condition that there is none, with the TTL in whole seconds', async () => {
    const client = new StubClient(() => ({}));
    const message = aMessage();
    await newMessageStore(client, clock).put(message, [copyFor(ALICE)]);
    expect(client.sent.at(-1)).toEqual({
      name: 'PutCommand',
      input: {
        TableName: 'messages',
        ConditionExpression: 'attribute_not_exists(subscriber)',
        Item: {
          subscriber: ALICE,
          timestamp: at(0),
          id: message.id,
          topic: 'orders',
          message: '{}',
          is_received: false,
          expires_at: Math.ceil((clock.now() + 1500) / 1000),
          pending: at(0),
        },
      },
    });
  });

  it('never writes in batches', async () => {
    const client = new StubClient(() => ({}));
    await newMessageStore(client, clock).put(aMessage(), [copyFor(ALICE), copyFor(BOB)]);
    expect(new Set(client.names)).toEqual(new Set(['Put']));
    expect(copiesIn(client)).toHaveLength(2);
  });

  it('refuses data over maxMessageBytes before it sends anything', async () => {
    const client = new StubClient(() => ({}));
    const store = newMessageStore(client, clock);
    const data = 'é'.repeat(Math.ceil((store.maxMessageBytes + 1) / 2));
    const put = store.put(aMessage({ data }), [copyFor(ALICE)]);
    await expect(put).rejects.toThrow(HeraldError);
    await expect(put).rejects.toMatchObject({ code: 'message_too_large' });
    expect(client.sent).toEqual([]);
  });

  it('fits the largest data, topic, URL, trace and reason, a moved position and the index entry into 400 KB', async () => {
    const client = new StubClient((sent) => {
      if (sent.name === 'GetCommand') return { Item: { id: 'another' } };
      if (!isFlag(sent) && itemOf(sent).timestamp === at(0)) throw CLASH;
      return {};
    });
    const store = newMessageStore(client, clock);
    const subscriber = `http://${'x'.repeat(2041)}`;
    const headers = [
      ['traceparent', '0'.repeat(512)],
      ['tracestate', '0'.repeat(512)],
    ] as const;
    const trace = { traceId: '0', headers };
    const message = aMessage({ topic: 't'.repeat(256), data: '1'.repeat(store.maxMessageBytes), trace });
    await store.put(message, [{ ...copyFor(subscriber), isLate: true }]);
    await store.setAside(subscriber, at(1), '😀'.repeat(200));
    const values = client.sent.at(-1)?.input.ExpressionAttributeValues as Item | undefined;
    const item: Item = { ...copiesIn(client).at(-1), aside_reason: values?.[':reason'] };
    expect(item).toMatchObject({ timestamp: at(1), pending: at(1), message_timestamp: at(0) });
    const { timestamp, pending } = item;
    const total = itemBytes(item) + itemBytes({ subscriber, timestamp, pending });
    expect(total).toBeLessThanOrEqual(409_600);
    expect(total).toBeGreaterThan(409_600 - 500);
  });

  it('is done when the row there is its own: an earlier attempt was stored and its answer lost', async () => {
    const message = aMessage();
    let attempts = 0;
    const client = new StubClient((sent) => {
      if (sent.name === 'GetCommand') return { Item: { id: message.id } };
      if (isFlag(sent)) return {};
      attempts += 1;
      throw attempts === 1 ? networkError('ECONNRESET') : CLASH;
    });
    expect(await passTime(clock, newMessageStore(client, clock).put(message, [copyFor(ALICE)]))).toEqual([]);
    expect(client.names).toEqual(['Put', 'Put', 'Put', 'Get']);
    expect(client.sent.at(-1)?.input).toMatchObject({ Key: { timestamp: at(0) }, ConsistentRead: true });
  });

  it.each<[what: string, row: Item, isTurned: boolean]>([
    ['turns its row into a late one where one is put', { pending: at(0) }, true],
    ['leaves its row as it is when it is late already', { pending: at(0), is_late: true }, false],
    ['leaves its row as it is when it was received', {}, false],
  ])('%s', async (_what, row, isTurned) => {
    const message = aMessage();
    const client = new StubClient((sent) => {
      if (sent.name === 'GetCommand') return { Item: { id: message.id, ...row } };
      if (sent.name === 'PutCommand' && !isFlag(sent)) throw CLASH;
      return {};
    });
    await newMessageStore(client, clock).put(message, [{ ...copyFor(ALICE), isLate: true }]);
    expect(client.names).toEqual(['Put', 'Put', 'Get', ...(isTurned ? ['Update'] : [])]);
    if (!isTurned) return;
    expect(client.sent.at(-1)?.input).toEqual({
      TableName: 'messages',
      Key: { subscriber: ALICE, timestamp: at(0) },
      UpdateExpression: 'SET is_late = :is_late',
      ConditionExpression: 'attribute_exists(pending)',
      ExpressionAttributeValues: { ':is_late': true },
    });
  });

  it('takes the next microsecond when the row is another message', async () => {
    const client = new StubClient((sent) => {
      if (sent.name === 'GetCommand') return { Item: { id: 'another' } };
      if (!isFlag(sent) && String(itemOf(sent).timestamp) < at(2)) throw CLASH;
      return {};
    });
    await newMessageStore(client, clock).put(aMessage(), [copyFor(ALICE)]);
    expect(copiesIn(client).map(({ timestamp }) => timestamp)).toEqual([at(0), at(1), at(2)]);
  });

  it("stores a subscriber's flag anew after a day by either time", async () => {
    const client = new StubClient(() => ({}));
    const ownClock = new ManualClock(clock.now());
    const store = newMessageStore(client, ownClock);
    const flagsAfter = async (act: () => void) => {
      act();
      await store.put(aMessage(), [copyFor(ALICE)]);
      return client.sent.filter(isFlag).length;
    };
    expect(await flagsAfter(() => undefined)).toBe(1);
    expect(await flagsAfter(() => ownClock.step(-30 * DAY_MS))).toBe(1);
    expect(await flagsAfter(() => ownClock.advance(DAY_MS - 1))).toBe(1);
    expect(await flagsAfter(() => ownClock.advance(1))).toBe(2);
    expect(await flagsAfter(() => ownClock.step(DAY_MS))).toBe(3);
  });

  it('gives up when every position within a millisecond is taken', async () => {
    const client = new StubClient((sent) => {
      if (sent.name === 'GetCommand') return { Item: { id: 'another' } };
      if (!isFlag(sent)) throw CLASH;
      return {};
    });
    const put = newMessageStore(client, clock).put(aMessage(), [copyFor(ALICE)]);
    await expect(put).rejects.toThrow(StoreUnavailableError);
    expect(copiesIn(client)).toHaveLength(1001);
  });

  it('says which copies could not be stored, while the others are', async () => {
    const client = new StubClient((sent) => {
      if (itemOf(sent).subscriber === BOB) throw sdkError('ItemCollectionSizeLimitExceededException');
      return {};
    });
    const failures = await newMessageStore(client, clock).put(aMessage(), [copyFor(ALICE), copyFor(BOB)]);
    expect(failures.map(({ subscriber }) => subscriber)).toEqual([BOB]);
    expect(failures[0]?.error).toBeInstanceOf(StoreUnavailableError);
  });

  it('retries one throttled copy and does not hold the others up', async () => {
    const storedAt = new Map<unknown, number>();
    let throttled = 3;
    const startedAt = clock.now();
    const client = new StubClient((sent) => {
      const { subscriber } = itemOf(sent);
      if (subscriber === BOB && throttled-- > 0) throw sdkError('ThrottlingException');
      storedAt.set(subscriber, clock.now() - startedAt);
      return {};
    });
    const put = newMessageStore(client, clock).put(aMessage(), [copyFor(BOB), copyFor(ALICE)]);
    expect(await passTime(clock, put)).toEqual([]);
    expect([storedAt.get(ALICE), storedAt.get(BOB)]).toEqual([0, 175]);
  });

  it('waits for a dead store once, however many copies there are', async () => {
    const client = new StubClient(() => {
      throw networkError('ECONNREFUSED');
    });
    const copies = Array.from({ length: 1000 }, (_, n) => copyFor(`http://many.example/${n}`));
    const put = newMessageStore(client, clock).put(aMessage(), copies);
    await expect(passTime(clock, put, 3500)).rejects.toThrow('ECONNREFUSED');
    expect(new Set(client.sent.map((sent) => itemOf(sent).timestamp)).size).toBe(64);
  });
});

describe('DynamoDbMessageStore.pending', () => {
  const row = (micros: number, rest: object = {}) => ({
    subscriber: ALICE,
    timestamp: at(micros),
    id: newMessageId(MICROS + micros),
    topic: 'orders',
    message: '{}',
    pending: at(micros),
    expires_at: clock.now() / 1000 + 60,
    ...rest,
  });

  it('follows pages until it has what was asked for, also over pages that hold nothing', async () => {
    const pages = [[row(1), row(2)], [], [row(3), row(4)]];
    const client = new StubClient((_, number) => ({
      Items: pages[number - 1],
      LastEvaluatedKey: { subscriber: ALICE, timestamp: at(number), pending: at(number) },
    }));
    const query = { limit: 3, maxBytes: 1000, now: clock.now() };
    const page = await newMessageStore(client, clock).pending(ALICE, query);
    expect(page.messages.map(({ position }) => position)).toEqual([at(1), at(2), at(3)]);
    expect(page.hasMore).toBe(true);
    expect(client.sent.map(({ input }) => input.Limit)).toEqual([3, 1, 1]);
    expect(client.sent[1]?.input.ExclusiveStartKey).toMatchObject({ timestamp: at(1) });
    expect(client.sent[0]?.input).toMatchObject({ ConsistentRead: true, Select: 'ALL_ATTRIBUTES' });
  });

  it('asks for no further page once it has enough bytes', async () => {
    const client = new StubClient(() => ({
      Items: [row(1), row(2)],
      LastEvaluatedKey: { subscriber: ALICE },
    }));
    const query = { limit: 1000, maxBytes: 3, now: clock.now() };
    const page = await newMessageStore(client, clock).pending(ALICE, query);
    expect(page).toMatchObject({ messages: [{ position: at(1) }, { position: at(2) }], hasMore: true });
    expect(client.sent).toHaveLength(1);
  });

  it('reads at most 100 copies with one request, so that memory is bounded', async () => {
    const client = new StubClient(() => ({ Items: [] }));
    await newMessageStore(client, clock).pending(ALICE, { limit: 1000, maxBytes: 3, now: clock.now() });
    expect(client.sent[0]?.input.Limit).toBe(100);
  });

  it('passes over expired copies a hundred at a time, whatever few are wanted', async () => {
    const rows = Array.from({ length: 1000 }, (_, n) =>
      row(n, n < 950 ? { expires_at: clock.now() / 1000 } : {}),
    );
    const client = new StubClient(({ input }) => {
      const start = (input.ExclusiveStartKey as { n: number } | undefined)?.n ?? 0;
      const end = start + Number(input.Limit);
      return { Items: rows.slice(start, end), ...(end < 1000 && { LastEvaluatedKey: { n: end } }) };
    });
    const query = { limit: 1, maxBytes: 1000, now: clock.now() };
    const page = await newMessageStore(client, clock).pending(ALICE, query);
    expect(page).toMatchObject({ messages: [{ position: at(950) }], hasMore: true });
    expect(client.sent.map(({ input }) => input.Limit)).toEqual([1, ...Array<number>(10).fill(100)]);
    const { messages } = await newMessageStore(client, clock).pending(ALICE, { ...query, limit: 49 });
    expect(messages.map(({ position }) => position)).toEqual(
      Array.from({ length: 49 }, (_, n) => at(950 + n)),
    );
  });

  it('rejects when a row was not written by this program', async () => {
    const client = new StubClient(() => ({ Items: [row(1, { message: 5 })] }));
    const pending = newMessageStore(client, clock).pending(ALICE, {
      limit: 1,
      maxBytes: 3,
      now: clock.now(),
    });
    await expect(pending).rejects.toThrow(StoreUnavailableError);
  });
});

describe('DynamoDbMessageStore, when the answer to a change was lost', () => {
  const positions = [1, 2, 3, 4].map(at);
  const expiresAt = clock.now() + 5000;

  /** A backlog of these copies, of which every first attempt at a change fails: `done` says whether it was made before. */
  function newBacklog(fault: Error, isDone = true) {
    const rows = new Map<string, Item>(positions.map((position) => [position, {}]));
    const tried = new Set<string>();
    const answerQuery = (input: Sent['input']) => {
      const after = (input.ExclusiveStartKey as { timestamp: string } | undefined)?.timestamp ?? '';
      const rest = positions.filter((position) => rows.has(position) && position > after);
      const Items = rest.slice(0, Number(input.Limit)).map((position) => ({ timestamp: position }));
      return { Items, ...(rest.length > Items.length && { LastEvaluatedKey: Items.at(-1) }) };
    };
    const change = ({ name, input }: Sent, timestamp: string) => {
      const row = rows.get(timestamp);
      if (!row || 'is_received' in row) throw CLASH;
      const values = input.ExpressionAttributeValues as Item | undefined;
      if (name === 'DeleteCommand') rows.delete(timestamp);
      else rows.set(timestamp, { is_received: true, expires_at: values?.[':expires'] });
    };
    const client = new StubClient((sent) => {
      if (sent.name === 'QueryCommand') return answerQuery(sent.input);
      const { timestamp } = sent.input.Key as { timestamp: string };
      if (sent.name === 'GetCommand') return { Item: rows.get(timestamp) };
      const isFirst = !tried.has(timestamp);
      tried.add(timestamp);
      if (!isFirst || isDone) change(sent, timestamp);
      if (isFirst) throw fault;
      return {};
    });
    return { store: newMessageStore(client, clock), rows, client };
  }

  it.each([
    networkError('ECONNRESET'),
    sdkError('TimeoutError'),
    sdkError('InternalServerError', 500),
    sdkError('SomethingNew', 503),
  ])('counts what it deleted, and deletes no other in its place: $name $message', async (fault) => {
    const { store, rows } = newBacklog(fault);
    expect(await passTime(clock, store.purge(ALICE, { limit: 2 }))).toBe(2);
    expect([...rows.keys()]).toEqual([at(3), at(4)]);
    expect(await passTime(clock, store.purge(ALICE, {}))).toBe(2);
    expect(rows.size).toBe(0);
  });

  it('counts a change once that an attempt before did not make', async () => {
    const { store, rows } = newBacklog(networkError('ECONNRESET'), false);
    expect(await passTime(clock, store.purge(ALICE, { limit: 3 }))).toBe(3);
    expect([...rows.keys()]).toEqual([at(4)]);
  });

  it('deletes another one instead of one that was received, when nothing of the kind can have happened', async () => {
    const { store, rows } = newBacklog(sdkError('ThrottlingException'), false);
    rows.set(at(1), { is_received: true });
    expect(await passTime(clock, store.purge(ALICE, { limit: 1 }))).toBe(1);
    expect([...rows.keys()]).toEqual([at(1), at(3), at(4)]);
  });

  it('says how many it had deleted when it fails on the way', async () => {
    const store = newMessageStore(
      new StubClient(({ name, input }) => {
        if (name === 'QueryCommand') return { Items: positions.map((timestamp) => ({ timestamp })) };
        if ((input.Key as Item).timestamp === at(3)) throw sdkError('AccessDeniedException');
        return {};
      }),
      clock,
    );
    const purging = store.purge(ALICE, { limit: 4 });
    await expect(purging).rejects.toThrow(PurgeInterruptedError);
    await expect(purging).rejects.toMatchObject({
      purged: 3,
      message: expect.stringContaining('AccessDenied'),
    });
  });

  it('counts what it marked received', async () => {
    const { store, rows } = newBacklog(networkError('ECONNRESET'));
    expect(await passTime(clock, store.markReceived(ALICE, positions, expiresAt))).toBe(4);
    expect(rows.get(at(1))).toEqual({ is_received: true, expires_at: Math.ceil(expiresAt / 1000) });
  });

  it('does not count what another one marked or purged meanwhile', async () => {
    const { store, rows, client } = newBacklog(networkError('ECONNRESET'), false);
    rows.set(at(1), { is_received: true, expires_at: Math.ceil(expiresAt / 1000) + 100 });
    rows.delete(at(2));
    expect(await passTime(clock, store.markReceived(ALICE, positions, expiresAt))).toBe(2);
    expect(client.names.filter((name) => name === 'Get')).toHaveLength(2);
  });
});

describe('DynamoDbMessageStore.setAside', () => {
  it('changes only a row that is pending, and never makes one', async () => {
    const client = new StubClient(() => {
      throw CLASH;
    });
    await newMessageStore(client, clock).setAside(ALICE, at(1), 'timeout');
    expect(client.sent).toEqual([
      {
        name: 'UpdateCommand',
        input: {
          TableName: 'messages',
          Key: { subscriber: ALICE, timestamp: at(1) },
          UpdateExpression: 'SET aside_reason = :reason',
          ConditionExpression: 'attribute_exists(pending)',
          ExpressionAttributeValues: { ':reason': 'timeout' },
        },
      },
    ]);
  });
});
