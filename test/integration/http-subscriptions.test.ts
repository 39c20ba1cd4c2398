import { startTestService } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const NOBODY = {
  message: 'Topic either does not exist or has no subscribed endpoints',
  code: 'topic_not_found',
};

describe('subscriptions over HTTP', () => {
  let service: TestService;
  let topic: string;
  let count = 0;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(async () => {
    await service.close();
  });

  beforeEach(() => {
    count += 1;
    topic = `topic-${count}`;
  });

  const subscribe = (url: unknown, to = topic) => service.post(`/subscribe/${to}`, JSON.stringify({ url }));
  const unsubscribe = (url: unknown, from = topic) =>
    service.post(`/unsubscribe/${from}`, JSON.stringify({ url }));
  const list = async (of = topic): Promise<unknown> => (await service.get(`/subscribers/${of}`)).json();

  describe('POST /subscribe/:topic', () => {
    it('answers 201 to a new subscription', async () => {
      const response = await subscribe('http://a/hook');
      expect(response.status).toBe(201);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.json()).toEqual({
        message: `Subscribed to ${topic}`,
        topic,
        url: 'http://a/hook',
        secret: expect.stringMatching(/^whsec_/),
        token: expect.stringMatching(/^hrld_/),
      });
    });

    it('answers 200 when it was there, and keeps one', async () => {
      await subscribe('http://a/hook');
      const response = await subscribe('http://a/hook');
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        message: `Already subscribed to ${topic}`,
        topic,
        url: 'http://a/hook',
      });
      expect(await list()).toEqual(['http://a/hook']);
    });

    it('makes one subscription of the same URL written differently', async () => {
      const urls = ['http://A:80/hook', '  http://a/hook\n', 'http://a/x/../hook#part', 'HTTP://a/hook'];
      const statuses = await Promise.all(urls.map(async (url) => (await subscribe(url)).status));
      expect(statuses.sort()).toEqual([200, 200, 200, 201]);
      expect(await list()).toEqual(['http://a/hook']);
    });

    it('trims white space around the topic', async () => {
      const response = await subscribe('http://a/hook', `%20%09${topic}%20`);
      expect(response.status).toBe(201);
      expect(await response.json()).toMatchObject({ topic });
      expect(await list()).toEqual(['http://a/hook']);
      expect(await list(`%20${topic}`)).toEqual(['http://a/hook']);
    });

    it('takes every sign that a topic can have, percent-encoded or not', async () => {
      const name = `aZ09._~:@+-${topic}`;
      expect((await subscribe('http://a/hook', name)).status).toBe(201);
      expect(await list(encodeURIComponent(name))).toEqual(['http://a/hook']);
    });

    it('takes a URL of 2,048 characters, however it is escaped in the body', async () => {
      const url = 'http://a/'.padEnd(2048, 'x');
      const escaped = `{"url": "${url.replaceAll('x', '\\u0078')}"}`;
      expect((await service.post(`/subscribe/${topic}`, escaped)).status).toBe(201);
      expect(await list()).toEqual([url]);
    });

    it.each([
      ['inner white space', 'http://a/ho ok'],
      ['a relative URL', '/event'],
      ['another scheme', 'ftp://a/hook'],
      ['credentials', 'http://user:secret@a/hook'],
      ['no URL at all', 'event'],
      ['an empty text', ''],
      ['too long a URL', 'http://a/'.padEnd(2049, 'x')],
    ])('answers 400 to %s', async (_name, url) => {
      const response = await subscribe(url);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        message: expect.stringMatching(/^The subscriber's URL \w/) as unknown,
        code: 'invalid_url',
        errors: [{ path: 'url', message: expect.stringMatching(/^\w/) as unknown }],
      });
      expect((await service.get(`/subscribers/${topic}`)).status).toBe(404);
    });

    it.each([
      ['no url', '{}', 'url'],
      ['a url that is no text', '{"url": 7}', 'url'],
      ['a url that is null', '{"url": null}', 'url'],
      ['a list', '["http://a/hook"]', ''],
      ['a text', '"http://a/hook"', ''],
      ['null', 'null', ''],
      ['a field that there is not', '{"url": "http://a/", "secrt": 1}', 'secrt'],
    ])('answers 400 to a body with %s', async (_name, body, path) => {
      const response = await service.post(`/subscribe/${topic}`, body);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        message: expect.any(String) as unknown,
        code: 'invalid_body',
        errors: [{ path, message: expect.any(String) as unknown }],
      });
    });

    it.each([
      ['only white space', '%20'],
      ['inner white space', 'a%20b'],
      ['a slash', 'a%2Fb'],
      ['letters outside ASCII', '%C3%A9'],
      ['257 characters', 'x'.repeat(257)],
      ['a null character', 'a%00'],
    ])('answers 400 to a topic of %s', async (_name, name) => {
      const response = await subscribe('http://a/hook', name);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        message: 'A topic is 1 to 256 characters: letters, digits and . _ ~ : @ + -',
        code: 'invalid_topic',
      });
    });
  });

  describe('POST /unsubscribe/:topic', () => {
    it('answers 200 and ends the subscription', async () => {
      await subscribe('http://a/hook');
      await subscribe('http://b/hook');
      const response = await unsubscribe(' http://A:80/hook ');
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        message: `Unsubscribed from ${topic}`,
        topic,
        url: 'http://a/hook',
      });
      expect(await list()).toEqual(['http://b/hook']);
    });

    it('answers 404 when there was none', async () => {
      await subscribe('http://a/hook');
      const response = await unsubscribe('http://b/hook');
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        message: `http://b/hook is not subscribed to ${topic}`,
        code: 'subscription_not_found',
      });
      expect((await unsubscribe('http://a/hook', 'nowhere')).status).toBe(404);
    });

    it('answers 404 the second time', async () => {
      await subscribe('http://a/hook');
      expect((await unsubscribe('http://a/hook')).status).toBe(200);
      expect((await unsubscribe('http://a/hook')).status).toBe(404);
    });

    it('answers 400 to what is no URL and no topic', async () => {
      expect(await (await unsubscribe('event')).json()).toMatchObject({ code: 'invalid_url' });
      expect(await (await unsubscribe('http://a/', 'a%20b')).json()).toMatchObject({ code: 'invalid_topic' });
      expect(await (await unsubscribe(undefined)).json()).toMatchObject({ code: 'invalid_body' });
    });

    it('lets the URL subscribe again', async () => {
      await subscribe('http://a/hook');
      await unsubscribe('http://a/hook');
      expect((await subscribe('http://a/hook')).status).toBe(201);
      expect(await list()).toEqual(['http://a/hook']);
    });
  });

  describe('GET /subscribers/:topic', () => {
    it('lists the URLs as a plain array', async () => {
      await subscribe('http://b/hook');
      await subscribe('http://a/hook');
      const response = await service.get(`/subscribers/${topic}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.text()).toBe('["http://b/hook","http://a/hook"]');
    });

    it('answers 404 for a topic that never was', async () => {
      const response = await service.get(`/subscribers/${topic}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual(NOBODY);
    });

    it('answers 404 once the last subscriber has left', async () => {
      await subscribe('http://a/hook');
      await unsubscribe('http://a/hook');
      const response = await service.get(`/subscribers/${topic}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual(NOBODY);
    });

    it('answers 400 to what cannot be a topic', async () => {
      const response = await service.get('/subscribers/a%20b');
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'invalid_topic' });
    });
  });

  it('ends with one subscription per URL after many requests at once', async () => {
    const urls = Array.from({ length: 20 }, (_, index) => `http://a/${index}`);
    const responses = await Promise.all([...urls, ...urls, ...urls].map((url) => subscribe(url)));
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(await list()).toHaveLength(20);
    await Promise.all(urls.slice(0, 10).map((url) => unsubscribe(url)));
    expect(((await list()) as string[]).sort()).toEqual(urls.slice(10).sort());
  });
});
