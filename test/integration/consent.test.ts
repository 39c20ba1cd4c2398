import assert from 'node:assert/strict';
import { systemClock } from '../../src/clock';
import { ConsentVerifier } from '../../src/delivery/consent';
import { SocketTransport, type SocketTransportOptions } from '../../src/delivery/consent-transport';
import { PushAllowList } from '../../src/delivery/push-allow';
import { TargetGuard } from '../../src/delivery/target-guard';
import { eventually } from '../support/eventually';
import {
  refusingUrl,
  SELF_SIGNED,
  startMisbehaving,
  startSelfSigned,
  startSending,
} from '../support/misbehaving';
import { Receiver, type ReceivedRequest } from '../support/receiver';

const ECHO = ({ method, body }: ReceivedRequest) => (method === 'POST' ? { body } : 405);
/** No test waits for it to pass, on however busy a machine. */
const PATIENT_MS = 10_000;
/** Passes in vain; of it the handshake has half. */
const HASTY_MS = 400;

describe('asking for consent over sockets', () => {
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await eventually(() => assert.equal(receiver.openConnections, 0));
    await receiver.close();
  });

  function verify(url: string, options: SocketTransportOptions = {}, timeoutMs = PATIENT_MS) {
    const transport = new SocketTransport(options);
    const deps = { transport, clock: systemClock, origin: 'hub.example.com', version: '1.2.3', timeoutMs };
    return new ConsentVerifier(deps).verify(url);
  }

  it('has the handshake with the exact URL', async () => {
    receiver.otherwise = {
      headers: { 'WebHook-Allowed-Origin': 'hub.example.com', 'WebHook-Allowed-Rate': '90' },
    };
    await expect(verify(receiver.urlOf('/a%20b?x=1&y=%2F'))).resolves.toEqual({
      granted: true,
      method: 'handshake',
      allowedPerMinute: 90,
      addressClass: 'loopback',
      status: 200,
      durationMs: expect.any(Number),
    });
    expect(receiver.received).toMatchObject([
      {
        method: 'OPTIONS',
        path: '/a%20b?x=1&y=%2F',
        headers: { 'webhook-request-origin': 'hub.example.com', 'user-agent': 'Herald/1.2.3' },
      },
    ]);
  });

  it('has the echo, over the connection that is there', async () => {
    receiver.otherwise = ECHO;
    await expect(verify(receiver.url)).resolves.toMatchObject({ granted: true, method: 'echo', status: 200 });
    expect(receiver.received.map(({ method }) => method)).toEqual(['OPTIONS', 'POST']);
    expect(receiver.connections).toBe(1);
  });

  it('has the echo after the handshake was cut off', async () => {
    receiver.answers = [{ cut: true }];
    receiver.otherwise = ECHO;
    await expect(verify(receiver.url)).resolves.toMatchObject({ granted: true, method: 'echo' });
  });

  it('follows no redirect', async () => {
    const other = await Receiver.start({ otherwise: ECHO });
    receiver.otherwise = { status: 307, headers: { location: other.url } };
    await expect(verify(receiver.url)).resolves.toMatchObject({
      granted: false,
      outcome: 'redirect_refused',
    });
    expect(other.connections).toBe(0);
    await other.close();
  });

  it('reads no more of an answer than 64 KiB', async () => {
    const padding = ' '.repeat(64 * 1024);
    receiver.otherwise = (request) => ({ body: padding + request.body.toString() });
    await expect(verify(receiver.url)).resolves.toMatchObject({ granted: false, outcome: 'not_granted' });
    const raw = await startMisbehaving('endlessBody');
    await expect(verify(raw.url)).resolves.toMatchObject({
      granted: false,
      outcome: 'not_granted',
      status: 200,
    });
    await eventually(() => expect(raw.openConnections).toBe(0));
    await raw.close();
  });

  it.each([
    ['resets', 'connection_reset', PATIENT_MS],
    ['hangsBeforeHeaders', 'timeout', HASTY_MS],
    ['hangsInBody', 'timeout', HASTY_MS],
    ['trickles', 'timeout', HASTY_MS],
    ['endlessHeaders', 'response_too_large', PATIENT_MS],
    ['informsForever', 'response_too_large', PATIENT_MS],
    ['speaksNoHttp', 'connection_reset', PATIENT_MS],
    ['closesInBody', 'connection_reset', PATIENT_MS],
    ['switchesProtocols', 'connection_reset', PATIENT_MS],
  ] as const)('says what came of it when the subscriber %s', async (misbehaviour, outcome, timeoutMs) => {
    const raw = await startMisbehaving(misbehaviour);
    await expect(verify(raw.url, {}, timeoutMs)).resolves.toMatchObject({
      granted: false,
      outcome,
      status: null,
    });
    await eventually(() => expect(raw.openConnections).toBe(0));
    await raw.close();
  });

  it('reads a few informational answers before the final one, and no more than 16 KiB of them', async () => {
    const informational = 'HTTP/1.1 103 Early Hints\r\n\r\n';
    const consent = 'HTTP/1.1 204 No Content\r\nWebHook-Allowed-Origin: *\r\n\r\n';
    const few = await startSending(informational.repeat(20) + consent);
    await expect(verify(few.url)).resolves.toMatchObject({ granted: true, method: 'handshake' });
    const many = await startSending(informational.repeat(1000) + consent);
    await expect(verify(many.url)).resolves.toMatchObject({ granted: false, outcome: 'response_too_large' });
    await Promise.all([few.close(), many.close()]);
  });

  it('has the echo over a new connection where the first one is kept for no second request', async () => {
    const raw = await startSelfSigned({ answersPerConnection: 1 });
    const url = raw.url.replace('127.0.0.1', 'localhost');
    await expect(verify(url, { ca: SELF_SIGNED.cert })).resolves.toMatchObject({ outcome: 'not_granted' });
    await raw.close();
  });

  it('says that nobody listens', async () => {
    await expect(verify(await refusingUrl())).resolves.toMatchObject({
      granted: false,
      outcome: 'connection_refused',
      addressClass: null,
    });
  });

  it('asks over TLS, whose certificate has to be trusted', async () => {
    const raw = await startSelfSigned();
    const url = raw.url.replace('127.0.0.1', 'localhost');
    await expect(verify(url)).resolves.toMatchObject({ granted: false, outcome: 'tls_error' });
    await expect(verify(url, { ca: SELF_SIGNED.cert })).resolves.toMatchObject({
      outcome: 'not_granted',
    });
    await raw.close();
  });

  describe('with a guard', () => {
    it('connects to no blocked address, by number or by name', async () => {
      const guard = new TargetGuard({ privateNetworks: 'deny' });
      for (const url of [receiver.url, receiver.url.replace('127.0.0.1', 'localhost')]) {
        await expect(verify(url, { guard })).resolves.toMatchObject({
          granted: false,
          outcome: 'blocked_address',
          addressClass: 'loopback',
        });
      }
      expect(receiver.connections).toBe(0);
    });

    it('vets the address again when it connects again', async () => {
      let lookups = 0;
      const guard = new TargetGuard({
        privateNetworks: 'deny',
        allow: new PushAllowList('127.0.0.1'),
        resolve: (_hostname, _options, callback) => {
          const address = ++lookups === 1 ? '127.0.0.1' : '169.254.169.254';
          process.nextTick(callback, null, [{ address, family: 4 }]);
        },
      });
      receiver.otherwise = { cut: true };
      await expect(verify(`http://rebind.example:${receiver.port}/`, { guard })).resolves.toMatchObject({
        granted: false,
        outcome: 'blocked_address',
      });
      expect([lookups, receiver.connections]).toEqual([2, 1]);
    });

    it('can be closed while a name is still being resolved', async () => {
      const guard = new TargetGuard({ privateNetworks: 'deny', resolve: () => undefined });
      await expect(verify('http://slow.example/', { guard }, 50)).resolves.toMatchObject({
        granted: false,
        outcome: 'timeout',
      });
    });
  });
});
