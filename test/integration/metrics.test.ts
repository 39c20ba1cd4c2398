import { type MetricLine, parseMetrics, valueOf } from '../support/metrics-text';
import { Receiver } from '../support/receiver';
import { startTestService, subscribe, type TestService } from '../support/start-test-service';

const DEAD = 'http://127.0.0.1:1/dead';

/** The probes that follow would be counted, too. */
const NO_RETRY = { RETRY_FIRST_DELAY_MS: '900000', CIRCUIT_FAILURES: '1' };

async function scrape(service: TestService): Promise<MetricLine[]> {
  const response = await service.get('/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseMetrics(await response.text());
}

describe('GET /metrics of a whole server', () => {
  let service: TestService;
  let receiver: Receiver;

  afterEach(async () => {
    await service.close();
    await receiver.close();
  });

  async function start(env: Parameters<typeof startTestService>[0] = {}): Promise<void> {
    receiver = await Receiver.start();
    service = await startTestService({ ...NO_RETRY, ...env });
    await subscribe(service, 'orders', receiver.url);
    await subscribe(service, 'orders', DEAD);
  }

  it('tells what happened before the first scrape, and what waits', async () => {
    await start();
    for (let n = 0; n < 3; n++) expect((await service.post('/publish/orders', '1')).status).toBe(202);
    await service.post('/publish/nothing', '1');
    const lines = await scrape(service);
    const of = (name: string, labels: Record<string, string> = {}) =>
      valueOf(lines, `herald_${name}`, labels);
    expect(of('publishes_total', { result: 'received' })).toBe(0);
    expect(of('publishes_total', { result: 'stored' })).toBe(3);
    expect(of('publishes_total', { result: 'refused' })).toBe(1);
    expect(of('publish_seconds_count')).toBe(3);
    expect(of('publish_seconds_bucket', { le: '+Inf' })).toBe(3);
    expect(of('publish_seconds_bucket', { le: '30' })).toBe(3);
    expect(of('request_errors_total', { code: 'topic_not_found' })).toBe(1);
    expect(of('deliveries_total', { outcome: 'delivered' })).toBe(3);
    // The first failure opened its circuit; the others were not tried.
    expect(of('deliveries_total', { outcome: 'connection_refused' })).toBe(1);
    expect(of('delivery_seconds_count')).toBe(4);
    expect(of('pushes_in_flight')).toBe(0);
    expect(of('subscribers', { state: 'live' })).toBe(1);
    expect(of('subscribers', { state: 'offline' })).toBe(1);
    expect(of('topics')).toBe(1);
    expect(of('subscriptions')).toBe(2);
    expect(of('backlog_messages', { state: 'offline' })).toBe(3);
    expect(of('backlog_messages', { state: 'live' })).toBe(0);
    expect(of('backlog_oldest_seconds', { state: 'offline' })).toBeGreaterThan(0);
    expect(of('backlog_oldest_seconds', { state: 'offline' })).toBeLessThan(60);
    expect(of('backlog_subscribers')).toBe(1);
    expect(of('backlog_unseen_subscribers')).toBe(0);
    expect(of('store_seconds_count', { operation: 'put' })).toBe(3);
    expect(of('store_errors_total', { operation: 'put' })).toBe(0);
    expect(of('dropped_messages_total')).toBe(0);
    expect(of('ready')).toBe(1);
    expect(valueOf(lines, 'nodejs_eventloop_lag_p99_seconds')).toBeDefined();
    expect(valueOf(lines, 'process_start_time_seconds')).toBeGreaterThan(0);
    expect(lines.find(({ name }) => name === 'herald_build_info')?.labels.node).toBe(process.version);
  });

  it('counts what is no JSON as refused, each line of a batch for itself', async () => {
    await start();
    expect((await service.post('/publish/orders', '{"a":')).status).toBe(400);
    expect((await service.post('/publish/orders', '1', { 'content-type': 'text/plain' })).status).toBe(415);
    const batch = await service.post('/publish/orders', '1\n{"a":\n]', {
      'content-type': 'application/x-ndjson',
    });
    const answers = (await batch.text()).trimEnd().split('\n');
    expect(answers.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([202, 400, 400]);
    const lines = await scrape(service);
    const of = (result: string) => valueOf(lines, 'herald_publishes_total', { result });
    expect([of('stored'), of('refused'), of('failed')]).toEqual([1, 3, 0]);
    expect(valueOf(lines, 'herald_publish_seconds_count', {})).toBe(1);
  });

  it('names no subscriber, and has the same series however many there are', async () => {
    await start();
    await service.post('/publish/orders', '1');
    await scrape(service);
    const before = await scrape(service);
    for (let n = 0; n < 20; n++) await subscribe(service, `topic${n}`, `${DEAD}${n}`);
    for (let n = 0; n < 20; n++) await service.post(`/publish/topic${n}`, '1');
    const after = await scrape(service);
    const seriesOf = (lines: readonly MetricLine[]) =>
      lines
        // An operation of the store is there once it was called, which retention does when it is time.
        .filter(({ name }) => name.startsWith('herald_') && !name.startsWith('herald_store_seconds'))
        .map(({ name, labels }) => name + JSON.stringify(labels));
    expect(seriesOf(after)).toEqual(seriesOf(before));
    expect(JSON.stringify(after)).not.toMatch(/127\.0\.0\.1|topic\d/);
    expect(valueOf(after, 'herald_publishes_total', { result: 'stored' })).toBe(21);
  });

  it('names subscribers that have a backlog when that is asked for', async () => {
    await start({ METRICS_PER_SUBSCRIBER: 'true' });
    await service.post('/publish/orders', '1');
    const named = (await scrape(service)).filter(({ labels }) => 'subscriber' in labels);
    expect(named).toEqual([
      { name: 'herald_subscriber_backlog_messages', labels: { subscriber: DEAD }, value: 1 },
      {
        name: 'herald_subscriber_backlog_oldest_seconds',
        labels: { subscriber: DEAD },
        value: expect.any(Number),
      },
    ]);
  });

  it('counts what was dropped, limited and blocked', async () => {
    await start({ BACKLOG_MAX_MESSAGES: '1', PUSH_PRIVATE_NETWORKS: 'deny', PUSH_ALLOW: '127.0.0.1' });
    for (let n = 0; n < 3; n++) await service.post('/publish/orders', '1');
    const refused = await service.post('/subscribe/orders', '{"url":"http://10.0.0.1/x"}');
    expect(refused.status).toBe(422);
    const lines = await scrape(service);
    expect(valueOf(lines, 'herald_dropped_messages_total')).toBe(2);
    expect(valueOf(lines, 'herald_blocked_addresses_total', { stage: 'subscribe' })).toBe(1);
    expect(valueOf(lines, 'herald_rate_limited_total')).toBe(0);
  });

  it('answers HEAD without a body', async () => {
    await start();
    const head = await fetch(`${service.url}/metrics`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});

describe('GET /metrics of a limited server', () => {
  it('counts who was limited', async () => {
    const service = await startTestService({ RATE_LIMIT_REQUESTS_PER_SECOND: '2' });
    try {
      const statuses: number[] = [];
      while (!statuses.includes(429)) statuses.push((await service.get('/healthz')).status);
      let lines: MetricLine[] | null = null;
      while (!lines) {
        const response = await service.get('/metrics');
        if (response.status === 200) lines = parseMetrics(await response.text());
      }
      const limited = valueOf(lines, 'herald_rate_limited_total');
      expect(limited).toBeGreaterThan(0);
      expect(valueOf(lines, 'herald_request_errors_total', { code: 'rate_limited' })).toBe(limited);
    } finally {
      await service.close();
    }
  });
});
