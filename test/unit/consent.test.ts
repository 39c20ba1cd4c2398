import type { AddressClass } from '../../src/address-class';
import { allowedPerMinute, ConsentVerifier } from '../../src/delivery/consent';
import type { ConsentAnswer, ConsentRequest, ConsentTransport } from '../../src/delivery/consent-transport';
import { BlockedAddressError } from '../../src/delivery/target-guard';
import { SettingsBody } from '../../src/http/settings-schema';
import { ManualClock } from '../support/manual-clock';

type Reply = Partial<ConsentAnswer> | Error | 'hang' | ((request: ConsentRequest) => Partial<ConsentAnswer>);

/** Answers the requests in turn. */
class ScriptedTransport implements ConsentTransport {
  readonly requests: ConsentRequest[] = [];
  readonly urls: string[] = [];
  closed = 0;

  constructor(
    private readonly replies: Reply[],
    private readonly addressClass: AddressClass | null = 'public',
  ) {}

  open(url: URL) {
    this.urls.push(url.href);
    return {
      addressClass: this.addressClass,
      request: (request: ConsentRequest, signal: AbortSignal) => this.#answer(request, signal),
      close: () => {
        this.closed++;
      },
    };
  }

  #answer(request: ConsentRequest, signal: AbortSignal): Promise<ConsentAnswer> {
    this.requests.push(request);
    const reply = this.replies.shift() ?? new Error('one request too many');
    if (reply instanceof Error) return Promise.reject(reply);
    if (reply === 'hang') {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    }
    const answer = typeof reply === 'function' ? reply(request) : reply;
    const nothing = { allowedOrigin: undefined, allowedRate: undefined, body: Buffer.alloc(0) };
    return Promise.resolve({ status: 200, ...nothing, ...answer });
  }
}

const withCode = (code: string) => Object.assign(new Error('text'), { code });
const echo = (request: ConsentRequest) => ({ body: Buffer.from(request.body ?? '') });

describe('ConsentVerifier', () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
  });

  function verifierOver(transport: ConsentTransport): ConsentVerifier {
    return new ConsentVerifier({ transport, clock, origin: 'hub.example.com', version: '1.2.3' });
  }

  const verify = (transport: ConsentTransport) =>
    verifierOver(transport).verify('https://a.example/hook?x=1');

  it.each(['hub.example.com', 'HUB.example.com', ' hub.example.com ', '*'])(
    'has consent when the handshake allows %j, and asks no further',
    async (allowed) => {
      const transport = new ScriptedTransport([{ allowedOrigin: allowed }]);
      await expect(verify(transport)).resolves.toEqual({
        granted: true,
        method: 'handshake',
        allowedPerMinute: null,
        addressClass: 'public',
        status: 200,
        durationMs: expect.any(Number),
      });
      expect(transport.urls).toEqual(['https://a.example/hook?x=1']);
      expect(transport.requests).toEqual([
        {
          method: 'OPTIONS',
          headers: { 'User-Agent': 'Herald/1.2.3', 'WebHook-Request-Origin': 'hub.example.com' },
        },
      ]);
      expect([transport.closed, clock.pendingTimers]).toEqual([1, 0]);
    },
  );

  it.each([204, 302, 404, 405, 500])(
    'has consent whatever the status of the handshake is: %i',
    async (status) => {
      const transport = new ScriptedTransport([{ status, allowedOrigin: '*' }]);
      await expect(verify(transport)).resolves.toMatchObject({ granted: true, method: 'handshake', status });
    },
  );

  it.each([
    ['nothing', undefined],
    ['another origin', 'other.example.com'],
    ['a part of the origin', 'example.com'],
    ['a list', 'hub.example.com, other.example.com'],
  ])('asks for the echo when the handshake allows %s', async (_name, allowedOrigin) => {
    const transport = new ScriptedTransport([{ allowedOrigin }, echo]);
    await expect(verify(transport)).resolves.toMatchObject({ granted: true, method: 'echo' });
    expect(transport.requests[1]).toMatchObject({
      method: 'POST',
      headers: { 'User-Agent': 'Herald/1.2.3', 'Content-Type': 'application/json' },
    });
    expect(transport.requests[1]?.body).toMatch(/^\{"type":"verification","challenge":"[\w-]{43}"\}$/);
  });

  it('asks with another challenge each time', async () => {
    const transport = new ScriptedTransport([{}, echo, {}, echo]);
    await verify(transport);
    await verify(transport);
    expect(transport.requests[1]?.body).not.toBe(transport.requests[3]?.body);
  });

  it.each<[string, Reply]>([
    ['no body', { status: 200 }],
    ['a body that is not JSON', { body: Buffer.from('ok') }],
    ['another challenge', { body: Buffer.from('{"challenge":"x"}') }],
    ['a challenge of the same length', { body: Buffer.from(JSON.stringify({ challenge: 'x'.repeat(43) })) }],
    ['a challenge that is not a text', { body: Buffer.from('{"challenge":[]}') }],
    ['null', { body: Buffer.from('null') }],
    ['the text of the challenge alone', ({ body = '' }) => ({ body: Buffer.from(body.slice(37, -2)) })],
  ])('has no consent when the echo is %s', async (_name, reply) => {
    await expect(verify(new ScriptedTransport([{}, reply]))).resolves.toMatchObject({
      granted: false,
      outcome: 'not_granted',
      status: 200,
    });
  });

  it.each([
    [400, 'http_status'],
    [500, 'http_status'],
    [302, 'redirect_refused'],
    [304, 'redirect_refused'],
  ])('has no consent when the right echo comes with %i', async (status, outcome) => {
    const reply = (request: ConsentRequest) => ({ ...echo(request), status });
    await expect(verify(new ScriptedTransport([{ status: 405 }, reply]))).resolves.toMatchObject({
      granted: false,
      outcome,
      status,
    });
  });

  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ENOTFOUND', 'dns_error'],
    ['CERT_HAS_EXPIRED', 'tls_error'],
  ])('does not ask twice after %s', async (code, outcome) => {
    const transport = new ScriptedTransport([withCode(code)], null);
    await expect(verify(transport)).resolves.toEqual({
      granted: false,
      outcome,
      addressClass: null,
      status: null,
      durationMs: expect.any(Number),
    });
    expect([transport.requests.length, transport.closed]).toEqual([1, 1]);
  });

  it('says of which class a blocked address is', async () => {
    const transport = new ScriptedTransport([new BlockedAddressError('a.example', 'metadata')], null);
    await expect(verify(transport)).resolves.toMatchObject({
      granted: false,
      outcome: 'blocked_address',
      addressClass: 'metadata',
    });
  });

  it('asks for the echo after a reset', async () => {
    const transport = new ScriptedTransport([withCode('ECONNRESET'), echo]);
    await expect(verify(transport)).resolves.toMatchObject({ granted: true, method: 'echo' });
  });

  it('leaves the echo its time when the handshake hangs', async () => {
    const transport = new ScriptedTransport(['hang', echo]);
    const result = verify(transport);
    await clock.advanceAsync(4999);
    expect(transport.requests).toHaveLength(1);
    await clock.advanceAsync(1);
    await expect(result).resolves.toMatchObject({ granted: true, method: 'echo' });
  });

  it('is over after ten seconds in all', async () => {
    const transport = new ScriptedTransport(['hang', 'hang']);
    const result = verify(transport);
    await clock.advanceAsync(9999);
    expect([transport.requests.length, transport.closed]).toEqual([2, 0]);
    await clock.advanceAsync(1);
    await expect(result).resolves.toMatchObject({ granted: false, outcome: 'timeout', status: null });
    expect([transport.closed, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('rejects for a mistake of this program, and leaves nothing open', async () => {
    const transport = new ScriptedTransport([new TypeError('x')]);
    await expect(verify(transport)).rejects.toThrow(TypeError);
    expect([transport.closed, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('takes the allowed rate of whichever was answered with consent', async () => {
    const handshake = new ScriptedTransport([{ allowedRate: '120', allowedOrigin: '*' }]);
    await expect(verify(handshake)).resolves.toMatchObject({ allowedPerMinute: 120 });
    const proof = new ScriptedTransport([
      { allowedRate: '1' },
      (request) => ({ ...echo(request), allowedRate: '120' }),
    ]);
    await expect(verify(proof)).resolves.toMatchObject({ allowedPerMinute: 120 });
  });
});

describe('allowedPerMinute', () => {
  it.each([
    ['1', 1],
    [' 100 ', 100],
    ['6000000', 6_000_000],
    ['6000001', 6_000_000],
    ['999999999', 6_000_000],
    ['*', null],
    [undefined, null],
    ['', null],
    ['0', null],
    ['-5', null],
    ['1.5', null],
    ['many', null],
    ['99999999999', null],
  ])('%j is %j', (header, expected) => {
    expect(allowedPerMinute(header)).toBe(expected);
  });

  it('is never more than what can be set', () => {
    const maxPerSecond = (allowedPerMinute('999999999') ?? 0) / 60;
    expect(SettingsBody.safeParse({ maxPerSecond }).success).toBe(true);
  });
});
