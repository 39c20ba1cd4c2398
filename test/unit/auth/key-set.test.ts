import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from 'jose';
import { fileKeys, RotatingKeySet, urlKeys } from '../../../src/http/auth/key-set';
import { KeysUnavailableError } from '../../../src/http/auth/token-errors';
import { deferred } from '../../support/deferred';
import { ManualClock } from '../../support/manual-clock';
import { Receiver } from '../../support/receiver';
import { TemporaryDirectories } from '../../support/temporary-directory';
import { keySetOf, newSigningKey, type SigningKey } from '../../support/tokens';

const headerOf = ({ alg, kid }: SigningKey) => ({ alg, kid });

describe('RotatingKeySet', () => {
  let clock: ManualClock;
  let older: SigningKey;
  let newer: SigningKey;
  let answer: () => Promise<unknown>;
  let loads: number;
  let faults: unknown[];
  let keySet: RotatingKeySet;

  beforeAll(async () => {
    [older, newer] = await Promise.all([newSigningKey('ES256', 'older'), newSigningKey('ES256', 'newer')]);
  });

  beforeEach(() => {
    clock = new ManualClock();
    loads = 0;
    faults = [];
    answer = () => Promise.resolve(keySetOf(older));
    const load = () => {
      loads++;
      return answer();
    };
    keySet = new RotatingKeySet({
      source: { load, maxAgeMs: 600_000, minIntervalMs: 30_000 },
      clock,
      onFault: (error) => faults.push(error),
    });
  });

  const keysFor = (key: SigningKey) => keySet.keysFor(headerOf(key));

  it('reads once for many tokens at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => keysFor(older)));
    await keysFor(older);
    expect(loads).toBe(1);
  });

  it('reads again when it is old, and then a key that was removed is gone', async () => {
    await keysFor(older);
    answer = () => Promise.resolve(keySetOf(newer));
    clock.advance(599_999);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    clock.advance(1);
    await expect(keysFor(older)).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect(keysFor(newer)).resolves.toHaveLength(1);
    expect(loads).toBe(2);
  });

  it('reads again for a key that it does not know, but not for each such token', async () => {
    await keysFor(older);
    answer = () => Promise.resolve(keySetOf(older, newer));
    for (let attempt = 0; attempt < 20; attempt++) await expect(keysFor(newer)).rejects.toThrow();
    expect(loads).toBe(1);
    clock.advance(30_000);
    await expect(keysFor(newer)).resolves.toHaveLength(1);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    expect(loads).toBe(2);
  });

  it.each([-3_600_000, 3_600_000])("goes by no step of the machine's clock (%d ms)", async (ms) => {
    answer = () => Promise.reject(new Error('not there'));
    await expect(keysFor(older)).rejects.toThrow(KeysUnavailableError);
    answer = () => Promise.resolve(keySetOf(older));
    clock.step(ms);
    await expect(keysFor(older)).rejects.toThrow(KeysUnavailableError);
    clock.advance(1000);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    clock.step(ms);
    answer = () => Promise.resolve(keySetOf(newer));
    clock.advance(599_999);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    clock.advance(1);
    await expect(keysFor(newer)).resolves.toHaveLength(1);
    expect(loads).toBe(3);
  });

  it('keeps its keys while it cannot read them again, and says so', async () => {
    await keysFor(older);
    answer = () => Promise.reject(new Error('gone'));
    clock.advance(600_000);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    expect([loads, faults]).toEqual([2, [new Error('gone')]]);
    answer = () => Promise.resolve({ keys: 'none' });
    clock.advance(30_000);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    expect([loads, faults.length]).toEqual([3, 2]);
  });

  it('cannot serve before it was ever read, and tries once a second', async () => {
    answer = () => Promise.reject(new Error('not there'));
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(keysFor(older)).rejects.toThrow(KeysUnavailableError);
    }
    expect(loads).toBe(1);
    answer = () => Promise.resolve(keySetOf(older));
    clock.advance(1000);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    expect(loads).toBe(2);
  });

  it('lets those who come meanwhile wait for the reading under way', async () => {
    const read = deferred<unknown>();
    answer = () => read.promise;
    const waiting = Promise.all([keysFor(older), keysFor(older)]);
    read.resolve(keySetOf(older));
    await expect(waiting).resolves.toHaveLength(2);
    expect(loads).toBe(1);
  });

  it('goes on with the keys that it has when reading them again takes long, and waits where it has none for', async () => {
    await keysFor(older);
    const read = deferred<unknown>();
    answer = () => read.promise;
    clock.advance(600_000);
    const waiting = keysFor(older);
    const newcomer = keysFor(newer);
    await clock.advanceAsync(999);
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
    await clock.advanceAsync(1);
    await expect(waiting).resolves.toHaveLength(1);
    await expect(keysFor(older)).resolves.toHaveLength(1);
    read.resolve(keySetOf(newer));
    await expect(newcomer).resolves.toHaveLength(1);
    await expect(keysFor(older)).rejects.toThrow(errors.JWKSNoMatchingKey);
    expect([loads, clock.pendingTimers]).toEqual([2, 0]);
  });

  it('refuses private keys and secrets in a set', async () => {
    answer = () => Promise.resolve({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'older', alg: 'HS256' }] });
    await expect(keysFor(older)).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect(keySet.keysFor({ alg: 'HS256', kid: 'older' })).rejects.toThrow(errors.JOSENotSupported);
  });
});

describe('fileKeys', () => {
  it('sees a change of the file within a second', async () => {
    const directories = new TemporaryDirectories();
    const path = join(await directories.make(), 'jwks.json');
    const [older, newer] = await Promise.all([
      newSigningKey('EdDSA', 'older'),
      newSigningKey('EdDSA', 'newer'),
    ]);
    const clock = new ManualClock();
    const keySet = new RotatingKeySet({ source: fileKeys(path), clock });
    await writeFile(path, JSON.stringify(keySetOf(older)));
    await expect(keySet.keysFor(headerOf(older))).resolves.toHaveLength(1);
    await writeFile(path, JSON.stringify(keySetOf(newer)));
    clock.advance(1000);
    await expect(keySet.keysFor(headerOf(newer))).resolves.toHaveLength(1);
    await expect(keySet.keysFor(headerOf(older))).rejects.toThrow(errors.JWKSNoMatchingKey);
    await directories.removeAll();
  });
});

describe('urlKeys', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.close());

  it('reads the JSON at the URL', async () => {
    receiver.otherwise = { body: '{"keys":[]}' };
    await expect(urlKeys(receiver.url).load()).resolves.toEqual({ keys: [] });
  });

  it.each([
    ['an error', { status: 500, body: '{"keys":[]}' }],
    ['a redirect', { status: 302, headers: { location: '/other' } }],
    ['what is not JSON', { body: '<html>' }],
    ['no end of bytes', { body: Buffer.alloc(1_048_577, ' ') }],
    ['nothing', { cut: true }],
  ])('fails for %s', async (_name, answer) => {
    receiver.answers = [answer];
    receiver.otherwise = { body: '{"keys":[]}' };
    await expect(urlKeys(receiver.url).load()).rejects.toThrow();
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    ['an error', { status: 500 }],
    ['no end of bytes', { body: Buffer.alloc(1_048_577, ' ') }],
  ])('names the place, but not its query, in the fault for %s', async (_name, answer) => {
    receiver.answers = [answer];
    const fault = await urlKeys(`${receiver.urlOf('/keys')}?key=hunter2`)
      .load()
      .then(String, (error: unknown) => (error instanceof Error ? String(error.stack) : ''));
    expect(fault).toContain(receiver.urlOf('/keys'));
    expect(fault).not.toContain('hunter2');
  });
});
