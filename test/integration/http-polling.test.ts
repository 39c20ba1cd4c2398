import { deferred } from '../support/deferred';
import { startDynamoDbEmulator, type DynamoDbEmulator } from '../support/dynamodb-emulator';
import { createTestTables, dynamoDbSettings } from '../support/dynamodb-tables';
import { eventually } from '../support/eventually';
import { HeraldClient, messagesPath, type Page } from '../support/herald-client';
import { AWKWARD_JSON_TEXTS } from '../support/json-texts';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';

const TOPIC = 'orders';
const UNKNOWN_ID = `msg_${'0'.repeat(32)}`;
const NOTHING: Page = { messages: [], cursor: null, hasMore: false };

describe('polling', () => {
  let service: TestService;
  let herald: HeraldClient;
  let url: string;
  let count = 0;

  beforeAll(async () => {
    service = await startTestService();
    herald = new HeraldClient(service);
  });

  afterAll(async () => {
    await service.close();
  });

  beforeEach(() => {
    count += 1;
    url = `http://127.0.0.1:1/poller-${count}`;
  });

  const topic = () => `${TOPIC}-${count}`;

  /** A subscriber that only polls, with so many messages waiting; resolves with their ids. */
  async function waiting(messages: number): Promise<string[]> {
    await herald.subscribe(topic(), url, { delivery: 'poll' });
    const ids: string[] = [];
    for (let n = 0; n < messages; n += 1) ids.push((await herald.publish(topic(), `{"n":${n}}`)).answer.id);
    return ids;
  }

  const idsOf = (page: Page) => page.messages.map(({ id }) => id);

  async function expectFault(path: string, code: string, parameter: string): Promise<void> {
    const response = await service.get(path);
    expect(await response.json()).toMatchObject({ code, errors: [{ path: parameter }] });
    expect(response.status).toBe(400);
  }

  describe('GET /subscriber/messages', () => {
    it('answers what waits, oldest first, and marks nothing', async () => {
      const ids = await waiting(3);
      const page = await herald.poll(url);
      expect(page).toMatchObject({ hasMore: false, cursor: page.messages[2]?.timestamp });
      expect(idsOf(page)).toEqual(ids);
      expect(page.messages[0]).toEqual({
        id: ids[0],
        topic: topic(),
        timestamp: expect.any(String),
        data: { n: 0 },
      });
      expect(await herald.poll(url)).toEqual(page);
    });

    it('answers an empty page when nothing waits, with the cursor that it was given', async () => {
      const [first] = await Promise.all([herald.poll(url), waiting(1)]);
      expect(first).toEqual(NOTHING);
      const { cursor } = await herald.poll(url);
      expect(await herald.poll(url, { after: String(cursor) })).toEqual({ ...NOTHING, cursor });
    });

    it('answers page by page behind the cursor, until nothing more follows', async () => {
      const ids = await waiting(5);
      const first = await herald.poll(url, { limit: 2 });
      const second = await herald.poll(url, { limit: 2, after: String(first.cursor) });
      const third = await herald.poll(url, { limit: 2, after: String(second.cursor) });
      expect([first, second, third].map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
      expect([first, second, third].map(idsOf)).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    });

    it('answers 100 messages unless a limit is given, and up to 1,000', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      const lines = Array.from({ length: 1000 }, (_, n) => String(n)).join('\n');
      const batch = { headers: { 'content-type': 'application/x-ndjson' }, body: lines };
      await (await herald.request('POST', `/publish/${topic()}`, batch)).text();
      expect((await herald.poll(url)).messages).toHaveLength(100);
      const whole = await herald.poll(url, { limit: 1000 });
      expect(whole.messages.map(({ data }) => data)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    });

    it.each(['0', '1001', '-1', '1.5', 'all', ''])('answers 400 to limit=%s', async (limit) => {
      await expectFault(messagesPath(url, { limit }), 'invalid_query', 'limit');
    });

    it.each(['21', '-1', '0.5', 'long'])('answers 400 to wait=%s', async (wait) => {
      await expectFault(messagesPath(url, { wait }), 'invalid_query', 'wait');
    });

    it.each(['', '5', '2026-08-04T12:00:00Z', '2026-02-30T12:00:00.000000+00:00', UNKNOWN_ID])(
      'answers 400 to after=%s, which is no cursor',
      async (after) => {
        await expectFault(messagesPath(url, { after }), 'invalid_cursor', 'after');
      },
    );

    it('overlooks no parameter, however many come before it', async () => {
      const others = Array.from({ length: 1100 }, (_, n) => `x${n}=1`).join('&');
      await expectFault(`${messagesPath(url)}&${others}&limit=0`, 'invalid_query', 'limit');
    });

    it('answers 400 without a URL', async () => {
      await expectFault('/subscriber/messages', 'invalid_query', 'url');
    });

    it('answers the data byte for byte', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      for (const text of AWKWARD_JSON_TEXTS) await herald.publish(topic(), text);
      const answer = await (await service.get(messagesPath(url))).text();
      const [, ...texts] = answer.split('"data":').map((part) => part.replace(/\}(,\{"id".*|\].*)$/s, ''));
      expect(texts).toEqual(AWKWARD_JSON_TEXTS);
    });

    it('does not go past a message that is still being pushed', async () => {
      const held = deferred();
      const receiver = await Receiver.start({
        answers: [{ after: held.promise, status: 503 }],
        otherwise: 503,
      });
      await herald.subscribe(topic(), receiver.url, { redelivery: false });
      const first = herald.publish(topic(), '1');
      await receiver.waitFor(1);
      const second = await herald.publish(topic(), '2');
      expect(second.answer.undelivered).toMatchObject([{ outcome: 'http_status', stored: true }]);
      expect(await herald.poll(receiver.url)).toEqual(NOTHING);
      held.resolve();
      const ids = [(await first).answer.id, second.answer.id];
      expect(idsOf(await herald.poll(receiver.url))).toEqual(ids);
      await receiver.close();
    });

    it('gives each message exactly once, and in order, while many publishers go on', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      const publisher = async () => {
        const answers = [];
        for (let n = 0; n < 25; n += 1) answers.push((await herald.publish(topic(), '1')).answer);
        return answers;
      };
      const publishing = Promise.all(Array.from({ length: 8 }, publisher));
      const polled: string[] = [];
      let cursor: string | null = null;
      while (polled.length < 200) {
        const page: Page = await herald.poll(url, {
          limit: 7,
          wait: 5,
          ...(cursor !== null && { after: cursor }),
        });
        polled.push(...idsOf(page));
        cursor = page.cursor;
      }
      const published = (await publishing).flat().sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
      expect(polled).toEqual(published.map(({ id }) => id));
    });
  });

  describe('with wait', () => {
    const timed = async (polling: Promise<Page>) => {
      const startedAt = performance.now();
      const page = await polling;
      return { page, seconds: (performance.now() - startedAt) / 1000 };
    };

    it('answers at once what is there', async () => {
      const ids = await waiting(1);
      const { page, seconds } = await timed(herald.poll(url, { wait: 20 }));
      expect(idsOf(page)).toEqual(ids);
      expect(seconds).toBeLessThan(2);
    });

    it('answers as soon as another request stores a message', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      const polling = timed(herald.poll(url, { wait: 20 }));
      const { answer } = await herald.publish(topic(), '{"late":true}');
      const { page, seconds } = await polling;
      expect(page.messages).toMatchObject([{ id: answer.id, data: { late: true } }]);
      expect(seconds).toBeLessThan(2);
    });

    it('answers as soon as a message comes that lies behind the cursor', async () => {
      await waiting(2);
      const { cursor } = await herald.poll(url);
      const polling = timed(herald.poll(url, { wait: 20, after: String(cursor) }));
      const { answer } = await herald.publish(topic(), '3');
      const { page, seconds } = await polling;
      expect(idsOf(page)).toEqual([answer.id]);
      expect(seconds).toBeLessThan(2);
    });

    it('answers everybody who waits', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      const polling = Promise.all([1, 2, 3].map(() => herald.poll(url, { wait: 20 })));
      const { answer } = await herald.publish(topic(), '1');
      expect((await polling).map(idsOf)).toEqual([[answer.id], [answer.id], [answer.id]]);
    });

    it('answers an empty page when the time is over', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      const { page, seconds } = await timed(herald.poll(url, { wait: 1 }));
      expect(page).toEqual(NOTHING);
      expect(seconds).toBeGreaterThan(0.9);
      expect(seconds).toBeLessThan(3);
    });

    it('costs nothing any more once the poller has left', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll' });
      const leaving = new AbortController();
      const polling = herald.request('GET', messagesPath(url, { wait: 20 }), { signal: leaving.signal });
      leaving.abort();
      await expect(polling).rejects.toThrow('aborted');
      const { answer } = await herald.publish(topic(), '1');
      expect(idsOf(await herald.poll(url, { wait: 20 }))).toEqual([answer.id]);
    });

    it('answers those who wait when the server stops', async () => {
      const stopping = await startTestService();
      const client = new HeraldClient(stopping);
      await client.subscribe('t', url, { delivery: 'poll' });
      const polling = timed(client.poll(url, { wait: 20 }));
      // The one before it on another connection was answered, so that this one has been read.
      await client.describe(url);
      await stopping.close();
      const { page, seconds } = await polling;
      expect(page).toEqual(NOTHING);
      expect(seconds).toBeLessThan(5);
    });
  });

  describe('POST /subscriber/ack', () => {
    it('marks everything up to a cursor', async () => {
      const ids = await waiting(4);
      const { cursor } = await herald.poll(url, { limit: 3 });
      expect(await herald.ack(url, { upTo: cursor })).toEqual({ acked: 3, unknown: [] });
      expect(await herald.ack(url, { upTo: cursor })).toEqual({ acked: 0, unknown: [] });
      expect(idsOf(await herald.poll(url))).toEqual(ids.slice(3));
      expect(await herald.describe(url)).toMatchObject({ pending: 1 });
    });

    it('says what it takes when it is given something else', async () => {
      const ack = async (body: string) =>
        (
          await herald.request('POST', `/subscriber/ack?url=${encodeURIComponent(url)}`, {
            headers: { 'content-type': 'application/json' },
            body,
          })
        ).json();
      for (const [body, path, message] of [
        ['{"ids":[]}', 'ids', 'must be 1 to 1000 message ids'],
        [
          JSON.stringify({ ids: Array(1001).fill('msg_1') }),
          '',
          'must be {"upTo": cursor} or {"ids": [1 to 1000 message ids]}',
        ],
        [`{"ids":["${'x'.repeat(257)}"]}`, 'ids.0', 'must be the id of a message'],
      ] as const) {
        expect(await ack(body)).toMatchObject({ code: 'invalid_body', errors: [{ path, message }] });
      }
    });

    it('marks single messages, and says which it does not know', async () => {
      const ids = await waiting(3);
      const acked = await herald.ack(url, { ids: [ids[2], UNKNOWN_ID, ids[0], ids[0]] });
      expect(acked).toEqual({ acked: 2, unknown: [UNKNOWN_ID] });
      expect(idsOf(await herald.poll(url))).toEqual([ids[1]]);
    });

    it("says that another subscriber's messages, and those acked before, are unknown", async () => {
      const ids = await waiting(1);
      const other = `${url}-other`;
      expect(await herald.ack(other, { ids })).toEqual({ acked: 0, unknown: ids });
      await herald.ack(url, { ids });
      expect(await herald.ack(url, { ids })).toEqual({ acked: 0, unknown: ids });
    });

    it('counts each message for one of two acks at the same time', async () => {
      const ids = await waiting(20);
      const acks = await Promise.all([herald.ack(url, { ids }), herald.ack(url, { ids })]);
      expect(acks.reduce((sum, { acked }) => sum + acked, 0)).toBe(20);
    });

    it('keeps what was acked from being pushed', async () => {
      const receiver = await Receiver.start();
      await herald.subscribe(topic(), receiver.url, { paused: true });
      const ids = [];
      for (const text of ['1', '2', '3']) ids.push((await herald.publish(topic(), text)).answer.id);
      await herald.ack(receiver.url, { ids: [ids[1]] });
      await herald.change(receiver.url, { paused: false });
      await eventually(async () => expect(await herald.describe(receiver.url)).toMatchObject({ pending: 0 }));
      expect(receiver.messages.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
      await receiver.close();
    });

    it.each([{}, { upTo: 5 }, { ids: [] }, { ids: 'all' }, { ids: [1] }, { upTo: '', ids: ['a'] }, []])(
      'answers 400 to %j',
      async (body) => {
        const response = await herald.send('POST', `/subscriber/ack?url=${encodeURIComponent(url)}`, body);
        expect(await response.json()).toMatchObject({ code: 'invalid_body' });
        expect(response.status).toBe(400);
      },
    );

    it('answers 400 to more than 1,000 ids', async () => {
      const path = `/subscriber/ack?url=${encodeURIComponent(url)}`;
      const answers = [1000, 1001].map((ids) => herald.send('POST', path, { ids: Array(ids).fill('a') }));
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 400]);
    });

    it('answers 400 to what is no cursor', async () => {
      const path = `/subscriber/ack?url=${encodeURIComponent(url)}`;
      const response = await herald.send('POST', path, { upTo: 'everything' });
      expect(await response.json()).toMatchObject({ code: 'invalid_cursor', errors: [{ path: 'upTo' }] });
      expect(response.status).toBe(400);
    });
  });

  describe('DELETE /subscriber/messages', () => {
    it('deletes the backlog and says how much that was', async () => {
      await waiting(3);
      expect(await herald.purge(url)).toBe(3);
      expect(await herald.purge(url)).toBe(0);
      expect(await herald.poll(url)).toEqual(NOTHING);
    });

    it('deletes what lies before a cursor', async () => {
      const ids = await waiting(3);
      const { cursor } = await herald.poll(url, { limit: 2 });
      expect(await herald.purge(url, String(cursor))).toBe(1);
      expect(idsOf(await herald.poll(url))).toEqual(ids.slice(1));
    });

    it('deletes nothing when what it was given is no cursor', async () => {
      await waiting(1);
      const response = await herald.request('DELETE', `${messagesPath(url)}&before=now`);
      expect(await response.json()).toMatchObject({ code: 'invalid_cursor', errors: [{ path: 'before' }] });
      expect((await herald.poll(url)).messages).toHaveLength(1);
    });

    it('keeps what was purged from being pushed', async () => {
      const receiver = await Receiver.start();
      await herald.subscribe(topic(), receiver.url, { paused: true });
      await herald.publish(topic(), '1');
      await herald.purge(receiver.url);
      await herald.change(receiver.url, { paused: false });
      const { answer } = await herald.publish(topic(), '2');
      await eventually(() => expect(receiver.messages.map(({ id }) => id)).toEqual([answer.id]));
      await receiver.close();
    });
  });
});

describe('a subscriber on DynamoDB', () => {
  let emulator: DynamoDbEmulator;
  let service: TestService;

  beforeAll(async () => {
    emulator = await startDynamoDbEmulator();
    (await createTestTables(emulator.endpoint)).destroy();
    service = await startTestService({
      ...dynamoDbSettings(emulator.endpoint),
    });
  });

  afterAll(async () => {
    await service.close();
    await emulator.close();
  });

  it('sets, polls, acks, purges and is pushed to as on the embedded store', async () => {
    const herald = new HeraldClient(service);
    const receiver = await Receiver.start();
    const { url } = receiver;
    await herald.subscribe('t', url, { delivery: 'poll', maxInFlight: 1 });
    const polling = herald.poll(url, { wait: 20 });
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1) ids.push((await herald.publish('t', `{"n": ${n}.0}`)).answer.id);
    expect((await polling).messages.map(({ id }) => id)).toEqual(ids.slice(0, 1));
    const { cursor } = await herald.poll(url, { limit: 2 });
    expect(await herald.ack(url, { upTo: cursor })).toEqual({ acked: 2, unknown: [] });
    expect(await herald.ack(url, { ids: [ids[2], UNKNOWN_ID] })).toEqual({ acked: 1, unknown: [UNKNOWN_ID] });
    const { messages } = await herald.poll(url, { limit: 1 });
    expect(messages).toMatchObject([{ id: ids[3], data: { n: 3 } }]);
    const bound = (await herald.poll(url, { limit: 2 })).cursor;
    expect(await herald.purge(url, String(bound))).toBe(1);
    expect(await herald.change(url, { delivery: 'push' })).toMatchObject({ settings: { maxInFlight: 1 } });
    await receiver.waitFor(2);
    expect(receiver.messages.map(({ id }) => id)).toEqual(ids.slice(4));
    await eventually(async () =>
      expect(await herald.describe(url)).toMatchObject({ pending: 0, state: 'live' }),
    );
    await receiver.close();
  });
});
