import type { LookupAddress, LookupOptions } from 'node:dns';
import { SPECIAL_RANGES } from '../../src/address-class';
import { PushAllowList } from '../../src/delivery/push-allow';
import type { Resolve } from '../../src/delivery/name-lookups';
import { BlockedAddressError, TargetGuard } from '../../src/delivery/target-guard';
import { edgesOf } from '../support/address-ranges';
import { ManualClock } from '../support/manual-clock';

const DENY = new TargetGuard({ privateNetworks: 'deny' });
const ALLOW = new TargetGuard({ privateNetworks: 'allow' });

const hostOf = (host: string) => new URL(`http://${host}/hook`).hostname;

function blockedBy(guard: TargetGuard, host: string): string | null {
  try {
    guard.checkLiteral(host);
    return null;
  } catch (error) {
    if (error instanceof BlockedAddressError) return error.addressClass;
    throw error;
  }
}

/** Answers with these addresses, whatever it is asked. */
function resolving(...addresses: string[]): Resolve {
  return (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
}

interface Looked {
  readonly error: NodeJS.ErrnoException | null;
  readonly address: string | LookupAddress[];
  readonly family: number | undefined;
}

function look(guard: TargetGuard, hostname: string, options: LookupOptions = {}): Promise<Looked> {
  return new Promise((resolve) => {
    guard.lookup(hostname, options, (error, address, family) => resolve({ error, address, family }));
  });
}

describe('an address as the host', () => {
  it.each(SPECIAL_RANGES)('is blocked in all of %s (%s)', (range) => {
    const { first, middle, last } = edgesOf(range);
    for (const address of [first, middle, last]) {
      const host = address.includes(':') ? `[${address}]` : address;
      expect([address, blockedBy(DENY, hostOf(host))]).not.toEqual([address, null]);
    }
  });

  it.each([
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '127.1',
    '127.0.1',
    '0177.0.0.1',
    '0177.0x0.00.1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '%31%32%37%2e1',
    '１２７.0.0.1',
    '①②⑦.0.0.1',
    '127。0。0。1',
    '127．0．0．1',
    '[::ffff:127.0.0.1]',
    '[::FFFF:7F00:1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
  ])('is blocked as loopback when written %s', (host) => {
    expect(blockedBy(DENY, hostOf(host))).toBe('loopback');
  });

  it.each([
    ['0', 'reserved'],
    ['0.0.0.0', 'reserved'],
    ['[::]', 'reserved'],
    ['[::127.0.0.1]', 'reserved'],
    ['[::7f00:1]', 'reserved'],
    ['[64:ff9b::7f00:1]', 'reserved'],
    ['[64:ff9b::8.8.8.8]', 'reserved'],
    ['[64:ff9b:1::7f00:1]', 'reserved'],
    ['[2002:7f00:1::]', 'reserved'],
    ['[2001:0:7f00:1::]', 'reserved'],
    ['169.254.169.254', 'metadata'],
    ['0xa9fea9fe', 'metadata'],
    ['2852039166', 'metadata'],
    ['[::ffff:169.254.169.254]', 'metadata'],
    ['[fd00:ec2::254]', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['169.254.170.2', 'link_local'],
    ['255.255.255.255', 'reserved'],
  ])('is blocked when written %s (%s)', (host, addressClass) => {
    expect(blockedBy(DENY, hostOf(host))).toBe(addressClass);
  });

  it.each(['8.8.8.8', '[2606:4700:4700::1111]', '[::ffff:8.8.8.8]', '0x08080808', '172.32.0.1'])(
    'may be connected to when it is public: %s',
    (host) => {
      expect(blockedBy(DENY, hostOf(host))).toBeNull();
    },
  );

  it('is taken with brackets or without', () => {
    expect([blockedBy(DENY, '::1'), blockedBy(DENY, '[::1]')]).toEqual(['loopback', 'loopback']);
  });

  it.each(['localhost', 'LOCALHOST.', 'hooks.example.com', '127.0.0.1.nip.io', '1.2.3.4.5'])(
    'is not what %s is: a name is checked when it is resolved',
    (host) => {
      expect(blockedBy(DENY, host)).toBeNull();
    },
  );
});

describe('PUSH_PRIVATE_NETWORKS=allow', () => {
  it.each(['127.0.0.1', '[::1]', '10.0.0.1', '192.168.1.1', '[fd12::1]', '0.0.0.0', '198.18.0.1'])(
    'lets %s through',
    (host) => {
      expect(blockedBy(ALLOW, hostOf(host))).toBeNull();
    },
  );

  it.each([
    '169.254.169.254',
    '169.254.1.1',
    '168.63.129.16',
    '100.100.100.200',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[64:ff9b::169.254.169.254]',
    '[::ffff:169.254.169.254]',
  ])('still blocks %s, which PUSH_ALLOW alone can open', (host) => {
    expect(blockedBy(ALLOW, hostOf(host))).not.toBeNull();
  });
});

describe('PUSH_ALLOW', () => {
  const guard = new TargetGuard({
    privateNetworks: 'deny',
    allow: new PushAllowList('10.1.0.0/16, 169.254.169.254, hooks.internal, 64:ff9b::/96'),
    resolve: resolving('192.168.0.9', '10.1.2.3'),
  });

  it('opens its ranges and addresses, and no others', () => {
    expect(blockedBy(guard, '10.1.255.255')).toBeNull();
    expect(blockedBy(guard, '[::ffff:10.1.0.1]')).toBeNull();
    expect(blockedBy(guard, '169.254.169.254')).toBeNull();
    expect(blockedBy(guard, '10.2.0.0')).toBe('private');
    expect(blockedBy(guard, '169.254.169.253')).toBe('link_local');
  });

  it('opens a NAT64 gateway for what is open without it', () => {
    expect(blockedBy(guard, '[64:ff9b::8.8.8.8]')).toBeNull();
    expect(blockedBy(guard, '[64:ff9b::10.1.0.1]')).toBeNull();
    expect(blockedBy(guard, '[64:ff9b::10.2.0.1]')).toBe('reserved');
    expect(blockedBy(guard, '[64:ff9b::7f00:1]')).toBe('reserved');
    expect(blockedBy(guard, '[64:ff9b::1]')).toBe('reserved');
  });

  it('opens a name with all its addresses', async () => {
    const { address } = await look(guard, 'Hooks.Internal.', { all: true });
    expect(address).toEqual([
      { address: '192.168.0.9', family: 4 },
      { address: '10.1.2.3', family: 4 },
    ]);
  });

  it('yields of another name those of its addresses that it opens', async () => {
    expect((await look(guard, 'other.internal')).address).toBe('10.1.2.3');
  });
});

describe('a name', () => {
  const guardWith = (...addresses: string[]) =>
    new TargetGuard({ privateNetworks: 'deny', resolve: resolving(...addresses) });

  it('yields its public addresses, in the order of the resolver', async () => {
    const guard = guardWith('10.0.0.1', '2606:4700::1', '::1', '8.8.8.8', '::ffff:127.0.0.1');
    await expect(look(guard, 'mixed.example', { all: true })).resolves.toEqual({
      error: null,
      address: [
        { address: '2606:4700::1', family: 6 },
        { address: '8.8.8.8', family: 4 },
      ],
      family: undefined,
    });
    await expect(look(guard, 'mixed.example')).resolves.toEqual({
      error: null,
      address: '2606:4700::1',
      family: 6,
    });
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.169.254', 'metadata'],
    ['fe80::1%eth0', 'link_local'],
    ['64:ff9b::a00:1', 'reserved'],
  ])('is blocked when all it resolves to is %s', async (address, addressClass) => {
    for (const all of [true, false]) {
      const { error } = await look(guardWith(address), 'rogue.example', { all });
      expect(error).toBeInstanceOf(BlockedAddressError);
      expect(error).toMatchObject({ code: 'EBLOCKED', addressClass, hostname: 'rogue.example' });
    }
  });

  it('is blocked when the resolver answers with what is no address', async () => {
    expect((await look(guardWith('localhost'), 'odd.example')).error).toBeInstanceOf(BlockedAddressError);
  });

  it('is not found when the resolver answers nothing', async () => {
    expect((await look(guardWith(), 'empty.example')).error).toMatchObject({ code: 'ENOTFOUND' });
  });

  it('hands the error of the resolver on', async () => {
    const failure = Object.assign(new Error('no'), { code: 'EAI_AGAIN' });
    const guard = new TargetGuard({
      privateNetworks: 'deny',
      resolve: (_hostname, _options, callback) => callback(failure, []),
    });
    expect((await look(guard, 'gone.example')).error).toBe(failure);
    await expect(guard.check({ hostname: 'gone.example', origin: 'http://gone.example' })).rejects.toBe(
      failure,
    );
  });

  it('is resolved as the socket asks for it', async () => {
    const asked: unknown[] = [];
    const guard = new TargetGuard({
      privateNetworks: 'deny',
      resolve: (hostname, options, callback) => {
        asked.push([hostname, options]);
        callback(null, [{ address: '8.8.8.8', family: 4 }]);
      },
    });
    await look(guard, 'a.example', { family: 4, hints: 1024, order: 'verbatim' });
    expect(asked).toEqual([['a.example', { family: 4, hints: 1024, order: 'verbatim', all: true }]]);
  });
});

describe('check', () => {
  const guard = new TargetGuard({ privateNetworks: 'deny', resolve: resolving('10.0.0.1', '8.8.8.8') });
  const local = new TargetGuard({ privateNetworks: 'deny', resolve: resolving('127.0.0.1') });
  const check = (by: TargetGuard, url: string) => by.check(new URL(url));

  it('says the class of what would be connected to', async () => {
    await expect(check(guard, 'http://8.8.8.8/')).resolves.toBe('public');
    await expect(check(guard, 'http://mixed.example/')).resolves.toBe('public');
    await expect(check(ALLOW, 'http://[::1]:1/')).resolves.toBe('loopback');
  });

  it('rejects for what would be blocked', async () => {
    await expect(check(guard, 'http://[::1]/')).rejects.toMatchObject({ addressClass: 'loopback' });
    await expect(check(local, 'https://localhost/')).rejects.toMatchObject({ addressClass: 'loopback' });
  });

  it('gives up after 2 seconds, and takes no turn of others any more', async () => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const resolve: Resolve = (hostname) => void asked.push(hostname);
    const slow = new TargetGuard({ privateNetworks: 'deny', resolve, lookupSlots: 2, clock });
    const checks = [check(slow, 'http://first.example/'), check(slow, 'http://second.example/')];
    const ended = checks.map((it) => expect(it).rejects.toMatchObject({ code: 'ETIMEOUT' }));
    await clock.advanceAsync(2000);
    await Promise.all(ended);
    expect([asked, clock.pendingTimers]).toEqual([['first.example'], 0]);
  });

  it('lets what is at a trusted origin through, and nothing beside it', async () => {
    local.trustOrigins(['http://localhost:8000/event', 'https://hub.example.com/herald/event']);
    await expect(check(local, 'http://localhost:8000/event')).resolves.toBe('loopback');
    await expect(check(local, 'https://hub.example.com/x')).resolves.toBe('loopback');
    await expect(check(local, 'http://localhost:8001/event')).rejects.toThrow(BlockedAddressError);
    await expect(check(local, 'https://localhost:8000/event')).rejects.toThrow(BlockedAddressError);
    expect(local.isTrusted('http://localhost:8000')).toBe(true);
    local.trustOrigins([]);
    expect(local.isTrusted('http://localhost:8000')).toBe(false);
  });
});
