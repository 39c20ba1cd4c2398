import type { PushResult } from '../../src/delivery/push-client';
import { shortageIn } from '../../src/delivery/shortage';
import { subscribedParts, type BrokerParts } from '../support/broker-parts';

const A = 'http://a.example/hook';
const OUT_OF_FILES: PushResult = { outcome: 'queued', shortage: 'EMFILE', durationMs: 1 };
const DELIVERED: PushResult = { outcome: 'delivered', status: 200, durationMs: 1 };

const withCode = (code: string, rest: object = {}) =>
  Object.assign(new Error('some text'), { code, ...rest });

describe('shortageIn', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAI_MEMORY'])('%s is one', (code) => {
    expect(shortageIn(withCode(code))).toBe(code);
  });

  it.each(['ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'ECONNRESET'])('%s is none', (code) => {
    expect(shortageIn(withCode(code))).toBeNull();
  });

  it('is of local ports, but not where there is no IPv6', () => {
    expect(shortageIn(withCode('EADDRNOTAVAIL', { address: '127.0.0.1' }))).toBe('EADDRNOTAVAIL');
    expect(shortageIn(withCode('EADDRNOTAVAIL', { address: '::1' }))).toBeNull();
  });

  it('is one also when it concerns one of several addresses, or is the cause', () => {
    const parts = [withCode('ECONNREFUSED'), withCode('EMFILE')];
    expect(shortageIn(Object.assign(new AggregateError(parts), { code: 'ECONNREFUSED' }))).toBe('EMFILE');
    expect(shortageIn(new Error('outer', { cause: withCode('ENFILE') }))).toBe('ENFILE');
    expect(shortageIn('EMFILE')).toBeNull();
  });
});

describe('a subscriber whose server is out of files', () => {
  let parts: BrokerParts;

  beforeEach(async () => {
    parts = await subscribedParts('orders', A);
    parts.push.answer = () => OUT_OF_FILES;
  });

  it('is not blamed, and gets what was stored within a second of the end', async () => {
    const { undelivered } = await parts.broker.publish('orders', '1');
    expect(undelivered).toEqual([{ url: A, outcome: 'queued', stored: true }]);
    for (let second = 0; second < 20; second += 1) await parts.clock.advanceAsync(1_000);
    const { state, lastError, failingSince } = parts.subscribers.statusOf(A);
    expect({ state, lastError, failingSince }).toEqual({
      state: 'draining',
      lastError: null,
      failingSince: null,
    });
    parts.push.answer = () => DELIVERED;
    await parts.clock.advanceAsync(1_000);
    expect(parts.subscribers.statusOf(A).state).toBe('live');
    expect(parts.disk.messages.dataOf(A)).toEqual([]);
  });

  it('has what to do in the log, once a minute', async () => {
    const lines = () => parts.logged.lines('delivery.out_of_resources');
    await parts.broker.publish('orders', '1');
    for (let second = 0; second < 59; second += 1) await parts.clock.advanceAsync(1_000);
    const remedy = expect.stringContaining('ulimit -n') as string;
    expect(lines()).toEqual([expect.objectContaining({ level: 40, lacks: 'EMFILE', remedy })]);
    await parts.clock.advanceAsync(1_000);
    expect(lines()).toHaveLength(2);
  });
});
