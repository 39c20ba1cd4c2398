import assert from 'node:assert/strict';
import { AxiosPushClient } from '../../src/delivery/axios-push-client';
import { systemClock } from '../../src/clock';
import { buildEnvelope } from '../../src/delivery/envelope';
import type { PushResult } from '../../src/delivery/push-client';
import { eventually } from '../support/eventually';
import {
  refusingUrl,
  SELF_SIGNED,
  startMisbehaving,
  startPlainTextOnHttps,
  startSelfSigned,
  type Misbehaviour,
  type RawReceiver,
} from '../support/misbehaving';
import { Receiver } from '../support/receiver';

const ENVELOPE = buildEnvelope({
  id: 'msg_0198f0a1b2c37d4e8f90a1b2c3d4e5f6',
  topic: 'orders',
  timestamp: '2026-08-04T12:00:00.123456+00:00',
  data: '{"total":1.0}',
});
const SHORT_MS = 200;
const LONG_MS = 10_000;

describe('the outcome of a push', () => {
  let client: AxiosPushClient;
  let raw: RawReceiver | null = null;
  let receiver: Receiver;

  const push = (url: string, timeoutMs = LONG_MS): Promise<PushResult> =>
    client.push(url, ENVELOPE, timeoutMs);

  beforeEach(async () => {
    client = new AxiosPushClient({ clock: systemClock, version: '0.0.0' });
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await client.close();
    // Closing the client leaves no socket behind, whatever the endpoint did.
    await eventually(() => assert.equal(receiver.openConnections + (raw?.openConnections ?? 0), 0));
    await Promise.all([receiver.close(), raw?.close()]);
    raw = null;
  });

  describe('when the subscriber misbehaves', () => {
    it.each<[Misbehaviour, number, Omit<PushResult, 'durationMs'>]>([
      ['resets', LONG_MS, { outcome: 'connection_reset' }],
      ['closes', LONG_MS, { outcome: 'connection_reset' }],
      ['hangsBeforeHeaders', SHORT_MS, { outcome: 'timeout' }],
      ['hangsInHeaders', SHORT_MS, { outcome: 'timeout' }],
      ['hangsInBody', SHORT_MS, { outcome: 'timeout', status: 200 }],
      ['closesInBody', LONG_MS, { outcome: 'connection_reset', status: 200 }],
      ['trickles', SHORT_MS, { outcome: 'timeout', status: 200 }],
      ['endlessBody', LONG_MS, { outcome: 'delivered', status: 200 }],
      ['endlessHeaders', LONG_MS, { outcome: 'response_too_large' }],
      ['hugeHeaders', LONG_MS, { outcome: 'response_too_large' }],
      ['hugeTrailers', LONG_MS, { outcome: 'delivered', status: 200 }],
      ['speaksNoHttp', LONG_MS, { outcome: 'connection_reset' }],
      ['answersStatusZero', LONG_MS, { outcome: 'connection_reset' }],
      ['informsFirst', LONG_MS, { outcome: 'delivered', status: 204 }],
      ['switchesProtocols', LONG_MS, { outcome: 'connection_reset' }],
    ])('%s within %i ms: %j', async (misbehaviour, timeoutMs, expected) => {
      raw = await startMisbehaving(misbehaviour);
      const { durationMs, ...result } = await push(raw.url, timeoutMs);
      expect(result).toStrictEqual(expected);
      expect(durationMs).toBeLessThan(timeoutMs + 1000);
      expect(durationMs).toBeGreaterThanOrEqual(expected.outcome === 'timeout' ? timeoutMs - 5 : 0);
    });

    it.each<Misbehaviour>(['hangsBeforeHeaders', 'hangsInBody', 'trickles', 'endlessBody', 'endlessHeaders'])(
      'destroys the socket of one that %s as soon as the outcome is known',
      async (misbehaviour) => {
        const endpoint = (raw = await startMisbehaving(misbehaviour));
        await push(endpoint.url, SHORT_MS);
        await eventually(() => expect(endpoint.openConnections).toBe(0));
      },
    );
  });

  describe('when no connection can be made', () => {
    it('is connection_refused on a closed port', async () => {
      await expect(push(await refusingUrl())).resolves.toMatchObject({ outcome: 'connection_refused' });
    });

    it('is connection_refused when every address of a name refuses', async () => {
      const url = (await refusingUrl()).replace('127.0.0.1', 'localhost');
      await expect(push(url)).resolves.toMatchObject({ outcome: 'connection_refused' });
    });

    it('is dns_error for a name that does not exist', async () => {
      // RFC 6761: `.invalid` never resolves. A resolver that is not there answers the same or nothing.
      await expect(push('http://herald.invalid/hook')).resolves.toMatchObject({ outcome: 'dns_error' });
    });

    it('is timeout when the connection is not opened in time', async () => {
      // A TLS handshake that is never answered is part of opening the connection.
      const endpoint = (raw = await startMisbehaving('hangsBeforeHeaders'));
      const url = endpoint.url.replace('http:', 'https:');
      await expect(push(url, SHORT_MS)).resolves.toMatchObject({ outcome: 'timeout' });
      await eventually(() => expect(endpoint.openConnections).toBe(0));
    });

    it('is tls_error when the other side does not speak TLS', async () => {
      raw = await startPlainTextOnHttps();
      await expect(push(raw.url)).resolves.toMatchObject({ outcome: 'tls_error' });
    });

    it('is tls_error for a certificate that nobody vouches for', async () => {
      raw = await startSelfSigned();
      await expect(push(raw.url)).resolves.toMatchObject({ outcome: 'tls_error' });
    });

    it('is delivered over TLS when the certificate is trusted, and of this host', async () => {
      raw = await startSelfSigned();
      await client.close();
      client = new AxiosPushClient({ clock: systemClock, version: '0.0.0', ca: SELF_SIGNED.cert });
      await expect(push(raw.url.replace('127.0.0.1', 'localhost'))).resolves.toMatchObject({
        outcome: 'delivered',
      });
      await expect(push(raw.url)).resolves.toMatchObject({ outcome: 'tls_error' });
    });
  });

  describe('by the status', () => {
    it.each([200, 201, 202, 204, 299])('is delivered for %i', async (status) => {
      receiver.otherwise = status;
      await expect(push(receiver.url)).resolves.toMatchObject({ outcome: 'delivered', status });
    });

    it.each([300, 301, 302, 304, 307, 308])(
      'is redirect_refused for %i, and nothing is followed',
      async (status) => {
        receiver.otherwise = { status, headers: { location: receiver.urlOf('/elsewhere') } };
        await expect(push(receiver.url)).resolves.toMatchObject({ outcome: 'redirect_refused', status });
        expect(receiver.received.map(({ path }) => path)).toStrictEqual(['/hook']);
      },
    );

    it.each([400, 401, 404, 410, 418, 429, 500, 502, 503])('is http_status for %i', async (status) => {
      receiver.otherwise = { status, body: 'no' };
      await expect(push(receiver.url)).resolves.toMatchObject({ outcome: 'http_status', status });
    });

    it('hands Retry-After back as sent', async () => {
      receiver.otherwise = { status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } };
      await expect(push(receiver.url)).resolves.toMatchObject({
        outcome: 'http_status',
        retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT',
      });
    });

    it.each([
      ['with its length', { 'content-length': String(1024 * 1024) }],
      ['in chunks', { 'transfer-encoding': 'chunked' }],
    ])('does not depend on a body of 1 MB sent %s', async (_, headers) => {
      const body = Buffer.alloc(1024 * 1024, 'a');
      receiver.answers = [200, 500, 302].map((status) => ({ status, headers, body }));
      await expect(push(receiver.url)).resolves.toMatchObject({ outcome: 'delivered', status: 200 });
      await expect(push(receiver.url)).resolves.toMatchObject({ outcome: 'http_status', status: 500 });
      await expect(push(receiver.url)).resolves.toMatchObject({ outcome: 'redirect_refused', status: 302 });
      await eventually(() => expect(receiver.openConnections).toBe(0));
    });

    it('is the status of a failure whose body never ends', async () => {
      receiver.otherwise = (request) => ({
        status: 410,
        headers: { 'content-length': '10' },
        body: request.path,
      });
      await expect(push(receiver.urlOf('/short'), SHORT_MS)).resolves.toMatchObject({
        outcome: 'http_status',
        status: 410,
      });
    });
  });

  it('costs nobody else anything when subscribers hang', async () => {
    const hanging = await startMisbehaving('hangsBeforeHeaders');
    let settled = 0;
    const hung = Array.from({ length: 50 }, () => push(hanging.url).finally(() => (settled += 1)));
    const healthy = await Promise.all(Array.from({ length: 50 }, () => push(receiver.url)));
    expect(settled).toBe(0);
    expect(new Set(healthy.map(({ outcome }) => outcome))).toStrictEqual(new Set(['delivered']));
    await hanging.close();
    const outcomes = (await Promise.all(hung)).map(({ outcome }) => outcome);
    expect(outcomes).not.toContain('delivered');
  });
});
