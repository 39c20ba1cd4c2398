import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { systemClock } from '../../src/clock';
import { AxiosPushClient } from '../../src/delivery/axios-push-client';
import { buildEnvelope } from '../../src/delivery/envelope';
import { openSocket } from '../../src/delivery/open-socket';
import { PushAllowList } from '../../src/delivery/push-allow';
import type { PushResult } from '../../src/delivery/push-client';
import type { Found, Resolve } from '../../src/delivery/name-lookups';
import { TargetGuard } from '../../src/delivery/target-guard';
import { Receiver } from '../support/receiver';

const ENVELOPE = buildEnvelope({
  id: 'msg_0198f0a1b2c37d4e8f90a1b2c3d4e5f6',
  topic: 'orders',
  timestamp: '2026-08-04T12:00:00.123456+00:00',
  data: '{"total":1.0}',
});

/** Answers every question with the next of these lists, and the last one for ever. */
function rebinding(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (hostname, _options, callback) => {
      asked.push(hostname);
      const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      const found = addresses.map((address): LookupAddress => {
        return { address, family: address.includes(':') ? 6 : 4 };
      });
      process.nextTick(callback, null, found);
    },
  };
}

/** Resolves no name for lack of files, as connecting fails then, too. */
const outOfFiles: Resolve = (_hostname, _options, callback) => {
  process.nextTick(callback, Object.assign(new Error('too many open files'), { code: 'EMFILE' }), []);
};

describe('a guarded push', () => {
  const clients: AxiosPushClient[] = [];
  let receiver: Receiver;

  function push(guard: TargetGuard, url: string, client = newClient(guard)): Promise<PushResult> {
    return client.push(url, ENVELOPE, 10_000);
  }

  function newClient(guard: TargetGuard): AxiosPushClient {
    const client = new AxiosPushClient({ clock: systemClock, version: '0.0.0', guard });
    clients.push(client);
    return client;
  }

  const named = (path = '/hook') => `http://rebind.example:${receiver.port}${path}`;

  beforeEach(async () => {
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await receiver.close();
  });

  it.each([
    ['http', '127.0.0.1'],
    ['https', '127.0.0.1'],
    ['http', '2130706433'],
    ['http', '0x7f.1'],
    ['http', '0.0.0.0'],
    ['http', '[::ffff:127.0.0.1]'],
    ['https', '[::1]'],
    ['http', '169.254.169.254'],
    ['http', 'localhost'],
    ['https', 'localhost'],
  ])('is blocked_address for %s://%s, and no connection is made', async (scheme, host) => {
    const guard = new TargetGuard({ privateNetworks: 'deny' });
    await expect(push(guard, `${scheme}://${host}:${receiver.port}/hook`)).resolves.toEqual({
      outcome: 'blocked_address',
      durationMs: expect.any(Number),
    });
    expect(receiver.connections).toBe(0);
  });

  it('is blocked again on the next attempt, by the same client', async () => {
    const client = newClient(new TargetGuard({ privateNetworks: 'deny' }));
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(client.push(receiver.url, ENVELOPE, 10_000)).resolves.toMatchObject({
        outcome: 'blocked_address',
      });
    }
  });

  it('is queued, and says why, where this process lacks what a connection takes', async () => {
    const guard = new TargetGuard({ privateNetworks: 'allow', resolve: outOfFiles });
    const durationMs = expect.any(Number) as number;
    await expect(push(guard, named())).resolves.toEqual({
      outcome: 'queued',
      shortage: 'EMFILE',
      durationMs,
    });
  });

  it('is delivered where private networks are allowed', async () => {
    const guard = new TargetGuard({ privateNetworks: 'allow' });
    await expect(push(guard, receiver.url)).resolves.toMatchObject({ outcome: 'delivered' });
    await expect(push(guard, receiver.url.replace('127.0.0.1', 'localhost'))).resolves.toMatchObject({
      outcome: 'delivered',
    });
  });

  it('is delivered to what is allowed by name or address', async () => {
    const guard = new TargetGuard({
      privateNetworks: 'deny',
      allow: new PushAllowList('rebind.example, 127.0.0.1'),
      resolve: rebinding(['127.0.0.1']).resolve,
    });
    await expect(push(guard, named())).resolves.toMatchObject({ outcome: 'delivered' });
    await expect(push(guard, receiver.url)).resolves.toMatchObject({ outcome: 'delivered' });
  });

  it('is delivered to a trusted origin, though not to another port of it', async () => {
    const other = await Receiver.start();
    const guard = new TargetGuard({ privateNetworks: 'deny' });
    guard.trustOrigins([receiver.url]);
    await expect(push(guard, receiver.url)).resolves.toMatchObject({ outcome: 'delivered' });
    await expect(push(guard, other.url)).resolves.toMatchObject({ outcome: 'blocked_address' });
    await other.close();
  });

  it('connects to the addresses that may be connected to when a name has others as well', async () => {
    const guard = new TargetGuard({
      privateNetworks: 'deny',
      allow: new PushAllowList('127.0.0.1'),
      resolve: rebinding(['169.254.169.254', '127.0.0.1', '10.0.0.1']).resolve,
    });
    await expect(push(guard, named())).resolves.toMatchObject({ outcome: 'delivered' });
  });

  it('is blocked when a name that was public resolves to a blocked address at the connection', async () => {
    const { resolve, asked } = rebinding(['203.0.114.1'], ['127.0.0.1']);
    const guard = new TargetGuard({ privateNetworks: 'deny', resolve });
    await expect(guard.check(new URL(named()))).resolves.toBe('public');
    await expect(push(guard, named())).resolves.toMatchObject({ outcome: 'blocked_address' });
    expect(asked).toEqual(['rebind.example', 'rebind.example']);
    expect(receiver.connections).toBe(0);
  });

  it('connects to the very address that was vetted: a name is resolved once per connection', async () => {
    const { resolve, asked } = rebinding(['127.0.0.1'], ['169.254.169.254']);
    const guard = new TargetGuard({ privateNetworks: 'allow', resolve });
    const client = newClient(guard);
    await expect(push(guard, named(), client)).resolves.toMatchObject({ outcome: 'delivered' });
    expect(asked).toEqual(['rebind.example']);

    // Kept alive: the address of the connection has not changed.
    await expect(push(guard, named(), client)).resolves.toMatchObject({ outcome: 'delivered' });
    expect([asked.length, receiver.connections]).toEqual([1, 1]);

    receiver.answers = [{ cut: true }];
    await push(guard, named(), client);
    await expect(push(guard, named(), client)).resolves.toMatchObject({ outcome: 'blocked_address' });
    expect(receiver.connections).toBe(1);
  });

  it('does not follow a redirect to a blocked address', async () => {
    const guard = new TargetGuard({ privateNetworks: 'deny', allow: new PushAllowList('127.0.0.1') });
    const inner = await Receiver.start();
    for (const location of [inner.url, 'http://169.254.169.254/latest/meta-data/']) {
      receiver.answers = [{ status: 302, headers: { location } }];
      await expect(push(guard, receiver.url)).resolves.toMatchObject({
        outcome: 'redirect_refused',
        status: 302,
      });
    }
    expect(inner.connections).toBe(0);
    await inner.close();
  });

  it('is dns_error when the name cannot be resolved', async () => {
    const guard = new TargetGuard({ privateNetworks: 'deny', resolve: rebinding([]).resolve });
    await expect(push(guard, named())).resolves.toMatchObject({ outcome: 'dns_error' });
  });
});

describe('names that nobody answers for', () => {
  const LOOPBACK = [{ address: '127.0.0.1', family: 4 }];
  const unanswered = new Map<string, Found>();
  const resolve: Resolve = (hostname, _options, callback) => {
    if (hostname.startsWith('hanging')) unanswered.set(hostname, callback);
    else setImmediate(callback, null, LOOPBACK);
  };
  let receiver: Receiver;
  let client: AxiosPushClient;

  const push = (name: string, timeoutMs = 10_000) =>
    client.push(`http://${name}.example:${receiver.port}/hook`, ENVELOPE, timeoutMs);

  beforeEach(async () => {
    unanswered.clear();
    receiver = await Receiver.start();
    const guard = new TargetGuard({ privateNetworks: 'allow', resolve, lookupSlots: 8 });
    client = new AxiosPushClient({ clock: systemClock, version: '0.0.0', guard });
  });

  afterEach(async () => {
    await client.close();
    await receiver.close();
  });

  it('leave the others their turn, however many pushes go to however many of them', async () => {
    // Each push opens a connection of its own.
    receiver.answers = Array.from({ length: 6 }, () => ({ headers: { connection: 'close' } }));
    await expect(push('good')).resolves.toMatchObject({ outcome: 'delivered' });
    const names = Array.from({ length: 40 }, (_, n) => `hanging${n % 20}`);
    const hanging = names.map((name) => push(name, 300));
    for (let count = 0; count < 5; count++) {
      await expect(push('good')).resolves.toMatchObject({ outcome: 'delivered' });
    }
    for (const result of await Promise.all(hanging)) expect(result).toMatchObject({ outcome: 'timeout' });
    expect(unanswered.size).toBe(4);
  });

  it('are not looked up any more once their pushes are over', async () => {
    await Promise.all(Array.from({ length: 5 }, (_, n) => push(`hanging${n}`, 50)));
    // Their sockets are closed at the end of a turn.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (const callback of unanswered.values()) callback(null, LOOPBACK);
    expect([...unanswered.keys()]).toEqual([0, 1, 2, 3].map((n) => `hanging${n}.example`));
  });
});

describe('openSocket', () => {
  it('can have its socket destroyed while the guard still resolves', async () => {
    let answer: (() => void) | undefined;
    const guard = new TargetGuard({
      privateNetworks: 'deny',
      resolve: (_hostname, _options, callback) => {
        answer = () => callback(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    const callback = jest.fn();
    const target = { isTls: false, hostname: 'slow.example', port: 80, guard };
    const socket = openSocket(target, callback);
    socket.destroy();
    await once(socket, 'close');
    answer?.();
    expect(callback).not.toHaveBeenCalled();
  });
});
