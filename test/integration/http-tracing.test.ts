import { eventually } from '../support/eventually';
import { Receiver } from '../support/receiver';
import { startTestService, subscribe } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('tracing and request ids', () => {
  let service: TestService;
  let receiver: Receiver;

  beforeEach(async () => {
    service = await startTestService({ RETRY_FIRST_DELAY_MS: '1', RETRY_JITTER_PERCENT: '0' });
    receiver = await Receiver.start();
    await subscribe(service, 'orders', receiver.url);
  });

  afterEach(async () => {
    await service.close();
    await receiver.close();
  });

  const publish = (headers: Readonly<Record<string, string>>) =>
    service.post('/publish/orders', '1', { ...JSON_TYPE, ...headers });

  describe('a publish with traceparent', () => {
    it('passes it on with every push, and tracestate with it', async () => {
      const other = receiver.urlOf('/other');
      await subscribe(service, 'orders', other);
      await publish({ traceparent: TRACEPARENT, tracestate: 'vendor=1' });
      expect(receiver.received.map(({ headers }) => [headers.traceparent, headers.tracestate])).toEqual([
        [TRACEPARENT, 'vendor=1'],
        [TRACEPARENT, 'vendor=1'],
      ]);
    });

    it('names the trace in the lines of the publish and of its attempts', async () => {
      await publish({ traceparent: TRACEPARENT });
      expect(service.lines('message.published')).toMatchObject([{ trace_id: TRACE_ID }]);
      expect(service.lines('delivery.attempted')).toMatchObject([{ trace_id: TRACE_ID }]);
    });

    it('passes it on from the backlog, too', async () => {
      receiver.answers = [503];
      await publish({ traceparent: TRACEPARENT, tracestate: 'vendor=1' });
      await receiver.waitFor(2);
      expect(receiver.received.map(({ headers }) => [headers.traceparent, headers.tracestate])).toEqual([
        [TRACEPARENT, 'vendor=1'],
        [TRACEPARENT, 'vendor=1'],
      ]);
      await eventually(() => {
        const traced = service.lines('delivery.attempted').map(({ trace_id }) => trace_id);
        expect(traced).toEqual([TRACE_ID, TRACE_ID]);
      });
    });

    it('traces each line of a batch', async () => {
      const headers = { 'content-type': 'application/x-ndjson', traceparent: TRACEPARENT };
      const response = await service.post('/publish/orders', '1\n2\n', headers);
      await response.text();
      expect(receiver.received.map((request) => request.headers.traceparent)).toEqual([
        TRACEPARENT,
        TRACEPARENT,
      ]);
    });
  });

  it('takes a malformed traceparent for none, and says nothing of it', async () => {
    const response = await publish({ traceparent: 'garbage', tracestate: 'vendor=1' });
    expect(response.status).toBe(200);
    expect(receiver.received[0]?.headers).not.toHaveProperty('traceparent');
    expect(receiver.received[0]?.headers).not.toHaveProperty('tracestate');
    expect(service.lines('message.published')[0]).not.toHaveProperty('trace_id');
  });

  describe('X-Request-Id', () => {
    it('is answered as it came, and stands in the line of the publish', async () => {
      const response = await publish({ 'x-request-id': 'req-1!~' });
      expect(response.headers.get('x-request-id')).toBe('req-1!~');
      expect(service.lines('message.published')).toMatchObject([{ request_id: 'req-1!~' }]);
    });

    it.each([
      ['is missing', undefined],
      ['is too long', 'x'.repeat(129)],
      ['holds a space', 'a b'],
      ['holds what is not ASCII', 'caf\u00e9'],
    ])('is a new one when it %s', async (_, given) => {
      const response = await publish(given === undefined ? {} : { 'x-request-id': given });
      const id = response.headers.get('x-request-id');
      expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(service.lines('message.published')).toMatchObject([{ request_id: id }]);
    });

    it('is on errors too, and in the lines about who did what', async () => {
      const headers = { ...JSON_TYPE, 'x-request-id': 'req-2' };
      const refused = await service.post('/subscribe/orders', '{', headers);
      expect([refused.status, refused.headers.get('x-request-id')]).toEqual([400, 'req-2']);
      const missing = await service.get('/nothing');
      expect([missing.status, missing.headers.get('x-request-id')]).toEqual([404, expect.any(String)]);
      await service.post('/unsubscribe/orders', JSON.stringify({ url: receiver.url }), headers);
      expect(service.lines('audit.unsubscribed')).toMatchObject([{ request_id: 'req-2' }]);
    });
  });
});
