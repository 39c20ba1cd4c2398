import { deferred } from '../support/deferred';
import type { Deferred } from '../support/deferred';
import { connectTo } from '../support/raw-http';
import { Receiver } from '../support/receiver';
import { startTestService, subscribe } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const TIMEOUT_MS = 10_000;

describe('a stopping server', () => {
  let service: TestService;
  let receiver: Receiver;
  let answered: Deferred<undefined>;

  beforeEach(async () => {
    answered = deferred();
    service = await startTestService({ SHUTDOWN_TIMEOUT_MS: String(TIMEOUT_MS) });
    receiver = await Receiver.start({ otherwise: { after: answered.promise } });
    await subscribe(service, 'orders', receiver.url);
  });

  afterEach(async () => {
    answered.resolve(undefined);
    await service.close();
    await receiver.close();
  });

  async function millisecondsToStop(): Promise<number> {
    const startedAt = performance.now();
    await service.stop();
    return performance.now() - startedAt;
  }

  it('finishes the publish under way, and closes its connection', async () => {
    const publishing = service.post('/publish/orders', '1');
    await receiver.waitFor(1);
    const stopping = millisecondsToStop();
    answered.resolve(undefined);
    const response = await publishing;
    expect(response.status).toBe(200);
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.json()).toMatchObject({ delivered: [{ url: receiver.url }] });
    expect(await stopping).toBeLessThan(TIMEOUT_MS / 2);
  });

  it('refuses new connections', async () => {
    await service.stop();
    await expect(connectTo(service.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not wait for connections on which nothing is asked', async () => {
    const silent = await connectTo(service.url);
    await service.get('/healthz');
    expect(await millisecondsToStop()).toBeLessThan(TIMEOUT_MS / 2);
    silent.destroy();
  });

  it('cuts what is not finished in time', async () => {
    const hasty = await startTestService({ SHUTDOWN_TIMEOUT_MS: '50' });
    const client = await connectTo(hasty.url);
    client.write(
      'POST /publish/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n1',
    );
    client.on('error', () => undefined);
    const closed = new Promise((resolve) => client.resume().once('close', resolve));
    await hasty.close();
    await closed;
    expect(client.destroyed).toBe(true);
  });

  it('stops once, however often it is asked', async () => {
    await Promise.all([service.stop(), service.stop()]);
    await expect(service.stop()).resolves.toBeUndefined();
  });
});

describe('a server that was stopped', () => {
  it('has its subscriptions and its backlog when it is started again', async () => {
    const first = await startTestService();
    await subscribe(first, 'orders', first.eventUrl);
    await subscribe(first, 'orders', 'http://127.0.0.1:9/gone');
    await first.post('/unsubscribe/orders', '{"url": "http://127.0.0.1:9/gone"}');
    await first.get('/toggle_post_event');
    const { id } = (await (await first.post('/publish/orders', '1.0')).json()) as { id: string };
    await first.stop();

    const second = await startTestService({ DATA_DIR: first.dataDir, PUBLIC_URL: first.url });
    expect(await (await second.get('/subscribers/orders')).json()).toEqual([first.eventUrl]);
    const answer = await (await second.get('/event')).text();
    expect(answer).toContain(`"id":"${id}"`);
    expect(answer).toContain('"data":1.0}');
    await second.close();
    await first.close();
  });
});
