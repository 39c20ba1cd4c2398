import { once } from 'node:events';
import { deferred } from '../support/deferred';
import { connectTo } from '../support/raw-http';
import { AWKWARD_JSON_TEXTS } from '../support/json-texts';
import { Receiver } from '../support/receiver';
import { startTestService, subscribe } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

interface Polled {
  readonly message: string;
  readonly hasMore: boolean;
  readonly messages: readonly { id: string; topic: string; timestamp: string; data: unknown }[];
}

const NONE: Polled = { messages: [], hasMore: false, message: 'No messages were waiting' };

describe('the built-in subscriber', () => {
  let service: TestService;
  let slow: Receiver | null = null;

  beforeEach(async () => {
    service = await startTestService({ MAX_MESSAGE_BYTES: '4000000' });
    await subscribe(service, 'orders', service.eventUrl);
  });

  afterEach(async () => {
    await service.close();
    await slow?.close();
    slow = null;
  });

  const toggle = async (): Promise<unknown> => (await service.get('/toggle_post_event')).json();
  const poll = async (): Promise<Polled> => (await (await service.get('/event')).json()) as Polled;

  async function publish(data: string, topic = 'orders'): Promise<string> {
    const response = await service.post(`/publish/${topic}`, data);
    return ((await response.json()) as { id: string }).id;
  }

  describe('POST /event', () => {
    it('receives a push and prints its topic and its data as they came', async () => {
      const response = await service.post('/publish/orders', '{"message": "hello", "n": 1.0}');
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ delivered: [{ url: service.eventUrl, status: 200 }] });
      expect(service.lines().map(({ msg }) => msg)).toContain(
        'event.received orders {"message": "hello", "n": 1.0}',
      );
    });

    it('answers 200 in JSON', async () => {
      const response = await service.post('/event', '{"id":"1","topic":"a","timestamp":"b","data":[]}');
      expect([response.status, await response.json()]).toEqual([200, { message: 'Event received' }]);
    });

    it('prints also what is no message', async () => {
      for (const text of ['7', 'null', '{"id": 1}', '"%s %o %d"']) {
        expect((await service.post('/event', text)).status).toBe(200);
        expect(service.lines().at(-1)?.msg).toBe(`event.received  ${text}`);
      }
    });

    it('takes a push of the largest message', async () => {
      const response = await service.post('/publish/orders', `"${'x'.repeat(3_999_998)}"`);
      expect(response.status).toBe(200);
    });

    it('answers 503 while it is off, and the message is stored', async () => {
      await toggle();
      const direct = await service.post('/event', '{}');
      expect(direct.status).toBe(503);
      expect(direct.headers.get('retry-after')).toBe('1');
      expect(await direct.json()).toEqual({
        message: 'POST /event is off; GET /toggle_post_event turns it on',
        code: 'event_toggled_off',
      });
      const published = await service.post('/publish/orders', '1');
      expect(published.status).toBe(202);
      expect(await published.json()).toMatchObject({
        delivered: [],
        undelivered: [{ url: service.eventUrl, outcome: 'http_status', status: 503, stored: true }],
      });
    });
  });

  describe('/toggle_post_event', () => {
    it('goes off and on again, by GET and by POST', async () => {
      const off = { message: 'POST /event is now off: it answers 503', accepting: false };
      const on = { message: 'POST /event is now on', accepting: true };
      expect(await toggle()).toEqual(off);
      expect(await toggle()).toEqual(on);
      const byPost = () => fetch(`${service.url}/toggle_post_event`, { method: 'POST' });
      expect(await (await byPost()).json()).toEqual(off);
      expect((await service.post('/event', '{}')).status).toBe(503);
      expect(await (await byPost()).json()).toEqual(on);
      expect((await service.post('/event', '{}')).status).toBe(200);
    });
  });

  describe('GET /event', () => {
    it('answers that nothing waits when everything was received', async () => {
      await publish('1');
      const response = await service.get('/event');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.json()).toEqual(NONE);
    });

    it('answers what was pushed while it was off, once', async () => {
      await toggle();
      const id = await publish('{"message": "later"}');
      expect(await poll()).toEqual({
        message: '1 message was waiting',
        hasMore: false,
        messages: [
          {
            id,
            topic: 'orders',
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+00:00$/) as unknown,
            data: { message: 'later' },
          },
        ],
      });
      expect(await poll()).toEqual(NONE);
    });

    it('answers oldest first, across topics and the names of this machine', async () => {
      const { port } = new URL(service.url);
      await subscribe(service, 'invoices', `http://127.0.0.1:${port}/event`);
      await subscribe(service, 'local', `http://localhost:${port}/event`);
      await toggle();
      const topics = ['orders', 'local', 'invoices', 'local', 'orders'];
      const ids: string[] = [];
      for (const topic of topics) ids.push(await publish('1', topic));
      const { messages, message } = await poll();
      expect(messages.map(({ id }) => id)).toEqual(ids);
      expect(messages.map(({ topic }) => topic)).toEqual(topics);
      expect(message).toBe('5 messages were waiting');
      expect(await poll()).toEqual(NONE);
    });

    it('leaves out what waits for other subscribers', async () => {
      await subscribe(service, 'orders', `${service.url}/nothing`);
      await publish('1');
      expect(await poll()).toEqual(NONE);
    });

    it('answers the data as it was published', async () => {
      await toggle();
      const texts = [...AWKWARD_JSON_TEXTS, `${'['.repeat(50_000)}${']'.repeat(50_000)}`];
      for (const text of texts) await publish(text);
      const answer = await (await service.get('/event')).text();
      let from = 0;
      for (const text of texts) {
        const found = answer.indexOf(`+00:00","data":${text}}`, from);
        expect(found).toBeGreaterThan(from - 1);
        from = found + 1;
      }
      expect(answer.match(/"timestamp":/g)).toHaveLength(texts.length);
    });

    it('puts each message into exactly one of the answers to polls at the same time', async () => {
      await toggle();
      const ids = await Promise.all(Array.from({ length: 20 }, () => publish('1')));
      const polls = await Promise.all([poll(), poll(), poll()]);
      const answered = polls.flatMap(({ messages }) => messages.map(({ id }) => id));
      expect(answered.sort()).toEqual(ids.sort());
    });

    it('keeps every message when the client leaves in the middle of the answer', async () => {
      await toggle();
      const ids: string[] = [];
      // More than the buffers of both sockets hold, so that the answer cannot have been written out whole.
      for (let count = 0; count < 6; count++) ids.push(await publish(`"${'x'.repeat(3_900_000)}"`));
      const client = await connectTo(service.url);
      client.write('GET /event HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(client, 'data');
      client.destroy();
      const { messages } = await poll();
      expect(messages.map(({ id }) => id)).toEqual(ids);
      expect(service.lines('event.poll_aborted')).toHaveLength(1);
      expect(await poll()).toEqual(NONE);
    });

    it('is not held up by a client that left while its poll waited behind another request', async () => {
      const answered = deferred();
      slow = await Receiver.start({ otherwise: { after: answered.promise } });
      await subscribe(service, 'slow', slow.url);
      await toggle();
      const id = await publish('1');
      const client = await connectTo(service.url);
      client.write(
        'POST /publish/slow HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n7' +
          'GET /event HTTP/1.1\r\nHost: a\r\n\r\n',
      );
      await slow.waitFor(1);
      client.destroy();
      answered.resolve();
      const response = await fetch(`${service.url}/event`, { signal: AbortSignal.timeout(10_000) });
      expect(((await response.json()) as Polled).messages).toMatchObject([{ id }]);
    });

    it('keeps every message when it is only asked for the head', async () => {
      await toggle();
      const id = await publish('1');
      const head = await fetch(`${service.url}/event`, { method: 'HEAD' });
      expect(head.status).toBe(200);
      expect((await poll()).messages).toMatchObject([{ id }]);
    });

    it('answers what waited also after the subscription has ended', async () => {
      await toggle();
      const id = await publish('1');
      await service.post('/unsubscribe/orders', JSON.stringify({ url: service.eventUrl }));
      expect((await poll()).messages).toMatchObject([{ id }]);
    });
  });

  it('prints data nowhere but where it is received', async () => {
    await toggle();
    await publish('"confidential"');
    await poll();
    expect(JSON.stringify(service.lines())).not.toContain('confidential');
  });
});

describe('the built-in subscriber under a public URL', () => {
  it('polls what waits for that URL', async () => {
    const service = await startTestService({
      PUBLIC_URL: 'http://herald.invalid/hub/',
      PUSH_TIMEOUT_MS: '2000',
    });
    await subscribe(service, 'orders', 'http://HERALD.invalid/hub/event');
    const response = await service.post('/publish/orders', '1');
    expect(response.status).toBe(202);
    const { messages } = (await (await service.get('/event')).json()) as Polled;
    expect(messages).toMatchObject([{ topic: 'orders', data: 1 }]);
    await service.close();
  });
});
