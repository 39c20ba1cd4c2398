import { type Fault, HeraldClient, subscriberPath } from '../support/herald-client';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { TemporaryDirectories } from '../support/temporary-directory';

const DEFAULTS = {
  delivery: 'push',
  redelivery: true,
  maxInFlight: 16,
  maxPerSecond: null,
  backlog: { maxMessages: 100_000, maxAgeSeconds: 604_800, overflow: 'drop_oldest' },
  paused: false,
};
const WHOLE_NUMBER = 'must be a whole number from 1 to 1024';
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;

describe('/subscriber', () => {
  let service: TestService;
  let herald: HeraldClient;
  let receiver: Receiver;
  let url: string;
  let count = 0;

  beforeAll(async () => {
    service = await startTestService({ CIRCUIT_FAILURES: '2', RETRY_FIRST_DELAY_MS: '60000' });
    herald = new HeraldClient(service);
    receiver = await Receiver.start();
  });

  afterAll(async () => {
    await service.close();
    await receiver.close();
  });

  beforeEach(() => {
    count += 1;
    url = receiver.urlOf(`/hook-${count}`);
    receiver.otherwise = 200;
  });

  const topic = () => `topic-${count}`;

  async function expectFault(response: Response, status: number, fault: object): Promise<void> {
    expect(await response.json()).toMatchObject(fault);
    expect(response.status).toBe(status);
  }

  describe('GET', () => {
    it('says everything about a subscriber of which nothing is to be told', async () => {
      await herald.subscribe(`${topic()}-b`, url);
      await herald.subscribe(`${topic()}-a`, url);
      expect(await herald.describe(url)).toEqual({
        url,
        topics: [`${topic()}-a`, `${topic()}-b`],
        state: 'live',
        inFlight: 0,
        pending: 0,
        oldestPending: null,
        lastError: null,
        failingSince: null,
        nextAttemptAt: null,
        disabled: null,
        settings: DEFAULTS,
      });
    });

    it('shows what waits, what failed last and when it is tried again', async () => {
      receiver.otherwise = 503;
      await herald.subscribe(topic(), url);
      const first = await herald.publish(topic(), '1');
      await herald.publish(topic(), '2');
      const { id, timestamp } = first.answer;
      const told = await herald.describe(url);
      expect(told).toMatchObject({
        state: 'offline',
        pending: 2,
        oldestPending: { id, topic: topic(), timestamp },
        lastError: { outcome: 'http_status', status: 503, at: expect.stringMatching(TIMESTAMP) },
        failingSince: expect.stringMatching(TIMESTAMP),
      });
      expect(Date.parse(String(told.nextAttemptAt))).toBeGreaterThan(Date.now() + 40_000);
    });

    it('takes the URL in any of its spellings', async () => {
      await herald.subscribe(topic(), url);
      const spelled = `HTTP://127.0.0.1:${receiver.port}/x/../hook-${count}#part`;
      expect(await herald.describe(spelled)).toMatchObject({ url });
    });

    it('answers 404 for a URL that was never subscribed', async () => {
      await expectFault(await service.get(subscriberPath(url)), 404, {
        code: 'subscriber_not_found',
        message: `${url} is not subscribed to anything, and never was`,
      });
    });

    it('still knows a subscriber that has left while its messages wait', async () => {
      receiver.otherwise = 503;
      await herald.subscribe(topic(), url);
      await herald.publish(topic(), '1');
      await herald.send('POST', `/unsubscribe/${topic()}`, { url });
      expect(await herald.describe(url)).toMatchObject({ topics: [], pending: 1, nextAttemptAt: null });
    });

    it.each([
      ['without a URL', '', 'invalid_query'],
      ['with two URLs', '?url=http%3A%2F%2Fa%2F&url=http%3A%2F%2Fb%2F', 'invalid_query'],
      ['with what is no URL', '?url=hook', 'invalid_url'],
      ['with an empty URL', '?url=', 'invalid_url'],
    ])('answers 400 %s and names the parameter', async (_name, query, code) => {
      await expectFault(await service.get(`/subscriber${query}`), 400, { code, errors: [{ path: 'url' }] });
    });

    it('answers HEAD without a body', async () => {
      await herald.subscribe(topic(), url);
      const response = await herald.request('HEAD', subscriberPath(url));
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.text()).toBe('');
    });
  });

  describe('PATCH', () => {
    it('changes what is given, leaves the rest, and answers what holds then', async () => {
      await herald.subscribe(topic(), url, { maxInFlight: 4, backlog: { maxMessages: 10 } });
      const changed = await herald.change(url, {
        maxPerSecond: 2.5,
        redelivery: false,
        backlog: { overflow: 'drop_newest' },
      });
      const settings = {
        ...DEFAULTS,
        maxInFlight: 4,
        maxPerSecond: 2.5,
        redelivery: false,
        backlog: { maxMessages: 10, maxAgeSeconds: 604_800, overflow: 'drop_newest' },
      };
      expect(changed).toMatchObject({ url, settings });
      expect((await herald.describe(url)).settings).toEqual(settings);
      expect((await herald.change(url, { maxPerSecond: null })).settings.maxPerSecond).toBeNull();
    });

    it.each<[object, string, string]>([
      [{ delivery: 'fax' }, 'delivery', 'must be "push" or "poll"'],
      [{ redelivery: 'yes' }, 'redelivery', 'must be true or false'],
      [{ paused: 1 }, 'paused', 'must be true or false'],
      [{ maxInFlight: 0 }, 'maxInFlight', WHOLE_NUMBER],
      [{ maxInFlight: 1025 }, 'maxInFlight', WHOLE_NUMBER],
      [{ maxInFlight: 1.5 }, 'maxInFlight', WHOLE_NUMBER],
      [{ maxPerSecond: 0 }, 'maxPerSecond', 'must be more than 0'],
      [{ maxPerSecond: '5' }, 'maxPerSecond', 'must be a number, or null for no limit'],
      [{ maxPerSecond: 100_001 }, 'maxPerSecond', 'must be at most 100000'],
      [{ backlog: 5 }, 'backlog', 'must be an object with settings'],
      [{ backlog: { maxMessages: 0 } }, 'backlog.maxMessages', 'must be a whole number from 1 to 100000000'],
      [
        { backlog: { maxAgeSeconds: -1 } },
        'backlog.maxAgeSeconds',
        'must be a whole number from 1 to 315360000',
      ],
      [{ backlog: { overflow: 'explode' } }, 'backlog.overflow', 'must be "drop_oldest" or "drop_newest"'],
    ])('answers 400 to %j, and changes nothing', async (body, path, message) => {
      await herald.subscribe(topic(), url);
      await expectFault(await herald.send('PATCH', subscriberPath(url), body), 400, {
        code: 'invalid_body',
        errors: [{ path, message }],
      });
      expect((await herald.describe(url)).settings).toEqual(DEFAULTS);
    });

    it('names every fault at once', async () => {
      await herald.subscribe(topic(), url);
      const response = await herald.send('PATCH', subscriberPath(url), { maxInFlight: 0, paused: 'no' });
      const { errors } = (await response.json()) as Fault;
      expect(errors?.map(({ path }) => path)).toEqual(['maxInFlight', 'paused']);
    });

    it.each([{}, [], 'paused', { pausd: true }, { backlog: { max: 1 } }, { url: 'http://a/' }])(
      'answers 400 to %j',
      async (body) => {
        await herald.subscribe(topic(), url);
        const response = await herald.send('PATCH', subscriberPath(url), body);
        await expectFault(response, 400, { code: 'invalid_body' });
      },
    );

    it('answers 404 for a URL that was never subscribed, and remembers nothing of it', async () => {
      const response = await herald.send('PATCH', subscriberPath(url), { paused: true });
      await expectFault(response, 404, { code: 'subscriber_not_found' });
      expect((await service.get(subscriberPath(url))).status).toBe(404);
    });

    it('answers 415 to a body of another type', async () => {
      const response = await herald.request('PATCH', subscriberPath(url), { body: 'paused=true' });
      await expectFault(response, 415, { code: 'unsupported_media_type' });
    });
  });

  describe('the settings in the body of a subscribe', () => {
    it('hold from the first message on', async () => {
      await herald.subscribe(topic(), url, { delivery: 'poll', backlog: { maxMessages: 1 } });
      await herald.publish(topic(), '1');
      const { answer } = await herald.publish(topic(), '2');
      expect(answer.undelivered).toEqual([{ url, outcome: 'poll_only', stored: true, dropped: 1 }]);
    });

    it('change those of a subscriber that is there, and leave them when none are given', async () => {
      await herald.subscribe(topic(), url, { maxInFlight: 3, paused: true });
      await herald.subscribe(topic(), url, { maxInFlight: 5 });
      await herald.subscribe(`${topic()}-other`, url);
      expect((await herald.describe(url)).settings).toEqual({ ...DEFAULTS, maxInFlight: 5, paused: true });
    });

    it('subscribe nobody when one of them is wrong', async () => {
      const response = await herald.send('POST', `/subscribe/${topic()}`, { url, maxInFlight: -1 });
      await expectFault(response, 400, {
        code: 'invalid_body',
        errors: [{ path: 'maxInFlight', message: WHOLE_NUMBER }],
      });
      expect((await service.get(`/subscribers/${topic()}`)).status).toBe(404);
    });
  });

  it('goes through the states, as its subscriber fails, is paused, polls and leaves for good', async () => {
    const stateNow = async () => (await herald.describe(url)).state;
    await herald.subscribe(topic(), url);
    expect(await stateNow()).toBe('live');
    receiver.otherwise = 500;
    await herald.publish(topic(), '1');
    expect(await stateNow()).toBe('draining');
    receiver.otherwise = 200;
    expect(await herald.change(url, { paused: true })).toMatchObject({
      state: 'paused',
      nextAttemptAt: null,
    });
    expect(await herald.change(url, { delivery: 'poll' })).toMatchObject({ state: 'paused' });
    expect(await herald.change(url, { paused: false })).toMatchObject({ state: 'poll', pending: 1 });
    await herald.purge(url);
    await herald.change(url, { delivery: 'push' });
    receiver.otherwise = 410;
    await herald.publish(topic(), '2');
    expect(await herald.describe(url)).toMatchObject({
      state: 'disabled',
      pending: 1,
      disabled: { at: expect.stringMatching(TIMESTAMP), reason: 'gone' },
    });
  });

  it.each([
    ['/subscriber', 'POST', 'GET, HEAD, PATCH, OPTIONS'],
    ['/subscriber', 'DELETE', 'GET, HEAD, PATCH, OPTIONS'],
    ['/subscriber/messages', 'POST', 'GET, HEAD, DELETE, OPTIONS'],
    ['/subscriber/messages', 'PATCH', 'GET, HEAD, DELETE, OPTIONS'],
    ['/subscriber/ack', 'GET', 'POST, OPTIONS'],
    ['/subscriber/ack', 'PUT', 'POST, OPTIONS'],
  ])('%s answers 405 to %s and says what is possible', async (path, method, allow) => {
    const response = await herald.request(method, path);
    await expectFault(response, 405, { code: 'method_not_allowed' });
    expect(response.headers.get('allow')).toBe(allow);
  });
});

describe('what is kept of a subscriber over a restart', () => {
  const directories = new TemporaryDirectories();
  let service: TestService | null = null;

  afterEach(async () => {
    await service?.close();
    service = null;
    await directories.removeAll();
  });

  it('is its settings, its disabled state and its backlog', async () => {
    const dataDir = await directories.make();
    const gone = await Receiver.start({ otherwise: 410 });
    const start = async () => {
      await service?.stop();
      service = await startTestService({ DATA_DIR: dataDir });
      return new HeraldClient(service);
    };
    let herald = await start();
    const settings = { maxPerSecond: 7, paused: true, backlog: { maxAgeSeconds: 60 } };
    await herald.subscribe('t', 'http://127.0.0.1:1/paused', settings);
    await herald.subscribe('t', gone.url);
    const { answer } = await herald.publish('t', '1');
    herald = await start();
    const waiting = { pending: 1, oldestPending: { id: answer.id, topic: 't', timestamp: answer.timestamp } };
    expect(await herald.describe('http://127.0.0.1:1/paused')).toMatchObject({
      ...waiting,
      state: 'paused',
      settings: {
        ...DEFAULTS,
        ...settings,
        backlog: { ...DEFAULTS.backlog, maxAgeSeconds: 60 },
      },
    });
    expect(await herald.describe(gone.url)).toMatchObject({
      ...waiting,
      state: 'disabled',
      disabled: { reason: 'gone' },
    });
    expect((await herald.publish('t', '2')).answer.undelivered.map(({ outcome }) => outcome)).toEqual([
      'paused',
      'disabled',
    ]);
    expect(gone.received).toHaveLength(1);
    await gone.close();
  });
});
