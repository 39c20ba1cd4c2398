import { Receiver } from '../support/receiver';
import { startTestService, subscribe, type TestService } from '../support/start-test-service';
import type { OverviewResult } from '../../src/broker/overview';
import { newBrokerParts } from '../support/broker-parts';

interface OverviewAnswer extends OverviewResult {
  readonly version: string;
  readonly startedAt: string;
  readonly builtIn: { readonly url: string; readonly accepting: boolean };
}

describe('GET /overview and POST /subscriber/replay', () => {
  let service: TestService;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await Receiver.start();
    service = await startTestService({ RETRY_FIRST_DELAY_MS: '900000', CIRCUIT_FAILURES: '1' });
  });

  afterEach(async () => {
    await service.close();
    await receiver.close();
  });

  const overview = async () => (await (await service.get('/overview')).json()) as OverviewAnswer;
  const replay = (id: string) =>
    service.post(`/subscriber/replay?url=${encodeURIComponent(receiver.url)}`, JSON.stringify({ id }));

  async function publishMissed(): Promise<string> {
    receiver.answers = [500];
    const response = await service.post('/publish/orders', '{"n":1.0}');
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  }

  it('shows who is in trouble first', async () => {
    await subscribe(service, 'invoices', service.eventUrl);
    await subscribe(service, 'orders', receiver.url);
    await publishMissed();
    const { subscribers, topics, builtIn, hasMore, startedAt } = await overview();
    expect(topics).toEqual([
      { topic: 'invoices', subscribers: [service.eventUrl] },
      { topic: 'orders', subscribers: [receiver.url] },
    ]);
    expect(subscribers).toMatchObject([
      { url: receiver.url, topics: ['orders'], state: 'offline', pending: 1, lastError: { status: 500 } },
      { url: service.eventUrl, topics: ['invoices'], state: 'live', pending: 0, oldestPendingAt: null },
    ]);
    expect(subscribers[0]?.oldestPendingAt).toMatch(/\+00:00$/);
    expect(builtIn.accepting).toBe(true);
    expect(startedAt).toMatch(/\+00:00$/);
    expect(hasMore).toBe(false);
  });

  it('pushes a message that waits, once', async () => {
    await subscribe(service, 'orders', receiver.url);
    const id = await publishMissed();
    const response = await replay(id);
    expect(await response.json()).toMatchObject({ outcome: 'delivered', status: 200, received: true });
    expect(receiver.received.at(-1)?.body.toString()).toContain('"data":{"n":1.0}');
    const again = await replay(id);
    expect(again.status).toBe(404);
    expect(await again.json()).toMatchObject({ code: 'message_not_found' });
    expect((await overview()).subscribers[0]?.pending).toBe(0);
  });

  it('leaves a message where it is that is refused again', async () => {
    await subscribe(service, 'orders', receiver.url);
    const id = await publishMissed();
    receiver.answers = [500];
    const response = await replay(id);
    expect(await response.json()).toMatchObject({ outcome: 'http_status', status: 500, received: false });
    expect((await overview()).subscribers[0]?.pending).toBe(1);
  });

  it('pushes nothing to a subscriber that only polls', async () => {
    const body = JSON.stringify({ url: receiver.url, delivery: 'poll' });
    await service.post('/subscribe/orders', body);
    const { id } = (await (await service.post('/publish/orders', '1')).json()) as { id: string };
    expect(await (await replay(id)).json()).toEqual({ outcome: 'poll_only', durationMs: 0, received: false });
    expect(receiver.received).toEqual([]);
  });
});

describe('Overview', () => {
  it('is bounded, and says that there is more', async () => {
    const parts = newBrokerParts();
    for (let n = 0; n < 600; n++) await parts.subscriptions.subscribe(`topic${n}`, `http://a/${n}`);
    parts.push.answer = () => ({ outcome: 'connection_refused', durationMs: 1 });
    await parts.broker.publish('topic599', '1');
    const { topics, subscribers, hasMore } = await parts.overview.take();
    expect(topics).toHaveLength(500);
    expect(subscribers).toHaveLength(500);
    expect(subscribers[0]).toMatchObject({ url: 'http://a/599', topics: ['topic599'], pending: 1 });
    expect(hasMore).toBe(true);
  });

  it('hides nobody in trouble behind hundreds that poll or have left', async () => {
    const parts = newBrokerParts();
    const { subscriptions, subscribers, broker, push } = parts;
    const failing = (url: string, status: number) => {
      push.answer = () => ({ outcome: 'http_status', status, durationMs: 1 });
      return subscriptions
        .subscribe(url, url)
        .then(() => Promise.all(Array.from({ length: 5 }, () => broker.publish(url, '1'))));
    };
    for (let n = 0; n < 600; n++) {
      await subscriptions.subscribe('polled', `http://poll/${n}`);
      await subscribers.changeSettings(`http://poll/${n}`, { delivery: 'poll' });
      await failing(`http://left/${n}`, 410);
      await subscriptions.unsubscribe(`http://left/${n}`, `http://left/${n}`);
      await parts.backlog.purge(`http://left/${n}`);
    }
    await subscriptions.subscribe('held', 'http://paused');
    await subscribers.changeSettings('http://paused', { paused: true });
    await broker.publish('held', '1');
    await failing('http://gone', 410);
    await failing('http://offline', 500);
    const listed = (await parts.overview.take()).subscribers;
    expect(listed.slice(0, 4).map(({ url, state }) => `${url} ${state}`)).toEqual([
      'http://offline offline',
      'http://gone disabled',
      'http://paused paused',
      'http://poll/0 poll',
    ]);
    expect(listed).toHaveLength(500);
  });
});
