import fc from 'fast-check';
import { AWKWARD_JSON_TEXTS } from '../support/json-texts';
import { refusingUrl } from '../support/misbehaving';
import { Receiver } from '../support/receiver';
import { startTestService, subscribe } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as unknown;
const ID = expect.stringMatching(/^msg_[0-9a-f]{32}$/) as unknown;

describe('POST /publish/:topic', () => {
  let service: TestService;
  let receiver: Receiver;
  let topic: string;
  let count = 0;

  beforeAll(async () => {
    service = await startTestService({ PUSH_TIMEOUT_MS: '2000' });
  });

  afterAll(async () => {
    await service.close();
  });

  beforeEach(async () => {
    receiver = await Receiver.start();
    count += 1;
    topic = `topic-${count}`;
  });

  afterEach(async () => {
    await receiver.close();
  });

  const publish = (data: string) => service.post(`/publish/${topic}`, data);

  it('answers 200 and says who received the message', async () => {
    receiver.answers = [204];
    await subscribe(service, topic, receiver.url);
    const response = await publish('{"n": 1}');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      message: 'The subscriber received the message',
      id: ID,
      topic,
      timestamp: TIMESTAMP,
      delivered: [{ url: receiver.url, status: 204, durationMs: expect.any(Number) as unknown }],
      undelivered: [],
    });
  });

  it('pushes the message with the id and the timestamp of the answer', async () => {
    await subscribe(service, topic, receiver.url);
    const { id, timestamp } = (await (await publish('{"n": 1}')).json()) as Record<string, unknown>;
    expect(receiver.messages).toEqual([{ id, topic, timestamp, data: { n: 1 } }]);
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: { 'content-type': 'application/json', 'webhook-id': id },
    });
  });

  it('pushes to every subscriber of the topic and to no other', async () => {
    await Promise.all(['/1', '/2', '/3'].map((path) => subscribe(service, topic, receiver.urlOf(path))));
    await subscribe(service, `${topic}-other`, receiver.urlOf('/other'));
    const response = await publish('1');
    expect(await response.json()).toMatchObject({ message: 'All 3 subscribers received the message' });
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/1', '/2', '/3']);
  });

  it('trims white space around the topic', async () => {
    await subscribe(service, topic, receiver.url);
    const response = await service.post(`/publish/%20${topic}%0A`, '1');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ topic });
  });

  it('answers 202 when some did not receive it, and says what became of each', async () => {
    const refusing = await refusingUrl();
    receiver.otherwise = ({ path }) => (path === '/busy' ? 503 : 200);
    for (const url of [receiver.url, receiver.urlOf('/busy'), refusing]) await subscribe(service, topic, url);
    const response = await publish('1');
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      message: '2 of 3 subscribers did not receive the message; it is stored for them',
      id: ID,
      topic,
      timestamp: TIMESTAMP,
      delivered: [{ url: receiver.url, status: 200, durationMs: expect.any(Number) as unknown }],
      undelivered: [
        { url: receiver.urlOf('/busy'), outcome: 'http_status', status: 503, stored: true },
        { url: refusing, outcome: 'connection_refused', stored: true },
      ],
    });
  });

  it('answers 202 also when nobody received it', async () => {
    receiver.otherwise = 404;
    await subscribe(service, topic, receiver.url);
    const response = await publish('1');
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      message: '1 of 1 subscribers did not receive the message; it is stored for them',
      delivered: [],
      undelivered: [{ url: receiver.url, outcome: 'http_status', status: 404, stored: true }],
    });
  });

  it('does not follow a redirect', async () => {
    receiver.otherwise = { status: 302, headers: { location: receiver.urlOf('/elsewhere') } };
    await subscribe(service, topic, receiver.url);
    expect(await (await publish('1')).json()).toMatchObject({
      undelivered: [{ outcome: 'redirect_refused', status: 302, stored: true }],
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('answers 404 when nobody is subscribed', async () => {
    const response = await publish('1');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      message: 'Topic either does not exist or has no subscribed endpoints',
      code: 'topic_not_found',
    });
  });

  it('pushes nothing to a subscriber that has left', async () => {
    await subscribe(service, topic, receiver.url);
    await service.post(`/unsubscribe/${topic}`, JSON.stringify({ url: receiver.url }));
    expect((await publish('1')).status).toBe(404);
    expect(receiver.received).toEqual([]);
  });

  it('gives messages published at once different ids and timestamps', async () => {
    await subscribe(service, topic, receiver.url);
    const responses = await Promise.all(Array.from({ length: 20 }, () => publish('1')));
    const answers = (await Promise.all(responses.map((response) => response.json()))) as {
      id: string;
      timestamp: string;
    }[];
    expect(new Set(answers.map(({ id }) => id)).size).toBe(20);
    expect(new Set(answers.map(({ timestamp }) => timestamp)).size).toBe(20);
    expect(receiver.messages.map(({ id }) => id).sort()).toEqual(answers.map(({ id }) => id).sort());
  });

  describe('the data', () => {
    async function expectPushedAsSent(text: string): Promise<void> {
      receiver.received.length = 0;
      const { id, timestamp } = (await (await publish(text)).json()) as { id: string; timestamp: string };
      expect(receiver.received[0]?.body.toString()).toBe(
        `{"id":"${id}","topic":"${topic}","timestamp":"${timestamp}","data":${text}}`,
      );
    }

    it.each(AWKWARD_JSON_TEXTS)('reaches the subscriber as it was sent: %j', async (text) => {
      await subscribe(service, topic, receiver.url);
      await expectPushedAsSent(text);
    });

    it('may be nested 50,000 deep', async () => {
      await subscribe(service, topic, receiver.url);
      await expectPushedAsSent(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
      await expectPushedAsSent(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`);
    });

    it('may be any JSON', async () => {
      await subscribe(service, topic, receiver.url);
      const text = fc
        .tuple(fc.json({ maxDepth: 4 }), fc.constantFrom('', ' ', '\n\t'))
        .map(([json, space]) => {
          return `${space}${json}${space}`;
        });
      await fc.assert(fc.asyncProperty(text, expectPushedAsSent), { numRuns: 50 });
    });
  });
});
