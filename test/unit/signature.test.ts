import { Webhook } from 'standardwebhooks';
import { decodeSecret, generateSecret, Signer } from '../../src/delivery/signature';
import { SIGNATURE_VECTORS, VECTOR_ID, VECTOR_SECRET, VECTOR_TIMESTAMP } from '../support/signature-vectors';

describe('Signer', () => {
  it.each(SIGNATURE_VECTORS)('signs %s as the vector says', (_name, body, signature) => {
    expect(new Signer().sign(VECTOR_ID, VECTOR_TIMESTAMP, body, [VECTOR_SECRET])).toBe(signature);
  });

  it('puts one signature per secret, in the order given', () => {
    const [newest, oldest] = [generateSecret(), generateSecret()];
    const signer = new Signer();
    const body = Buffer.from('{}');
    const sign = (...secrets: string[]) => signer.sign(VECTOR_ID, VECTOR_TIMESTAMP, body, secrets);
    expect(sign(newest, oldest)).toBe(`${sign(newest)} ${sign(oldest)}`);
    expect(sign()).toBe('');
  });

  it('is accepted by an independent receiver, and not when anything was changed', () => {
    const secret = generateSecret();
    const now = Math.floor(Date.now() / 1000);
    const body = Buffer.from('{"data": 12345678901234567890, "name": "é😀"}');
    const headers = {
      'webhook-id': VECTOR_ID,
      'webhook-timestamp': String(now),
      'webhook-signature': new Signer().sign(VECTOR_ID, now, body, [generateSecret(), secret]),
    };
    const receiver = new Webhook(secret);
    expect(() => receiver.verify(body, headers)).not.toThrow();
    expect(() => receiver.verify(body.subarray(1), headers)).toThrow();
    expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'msg_other' })).toThrow();
    expect(() => receiver.verify(body, { ...headers, 'webhook-timestamp': String(now + 1) })).toThrow();
    expect(() => new Webhook(generateSecret()).verify(body, headers)).toThrow();
  });

  it('signs what an independent sender signs', () => {
    const secret = generateSecret();
    const at = new Date('2026-08-04T12:00:00Z');
    const body = '{"a":[1.0,2],"b":null}';
    const seconds = at.getTime() / 1000;
    expect(new Signer().sign('msg_1', seconds, Buffer.from(body), [secret])).toBe(
      new Webhook(secret).sign('msg_1', at, body),
    );
  });

  it('signs alike once the key was dropped from its bounded cache', () => {
    const signer = new Signer(2);
    const body = Buffer.from('{}');
    const secrets = [generateSecret(), generateSecret(), generateSecret()];
    const sign = (secret: string) => signer.sign(VECTOR_ID, VECTOR_TIMESTAMP, body, [secret]);
    const first = secrets.map(sign);
    expect(secrets.map(sign)).toEqual(first);
  });
});

describe('generateSecret', () => {
  it('is whsec_ and the base64 of 32 bytes, each time others', () => {
    const secrets = Array.from({ length: 100 }, generateSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(decodeSecret(secret)).toHaveLength(32);
    }
  });
});

describe('decodeSecret', () => {
  const ofBytes = (length: number) => `whsec_${Buffer.alloc(length, 7).toString('base64')}`;

  it.each([24, 25, 26, 32, 64])('takes %i bytes', (length) => {
    expect(decodeSecret(ofBytes(length))).toEqual(Buffer.alloc(length, 7));
  });

  it.each([
    ['too few bytes', ofBytes(23)],
    ['too many bytes', ofBytes(65)],
    ['no prefix', ofBytes(32).slice(6)],
    ['another prefix', ofBytes(32).replace('whsec_', 'whpk_')],
    ['the URL alphabet', `whsec_${'_-'.repeat(22)}`],
    ['no padding', ofBytes(32).replace('=', '')],
    ['white space', `${ofBytes(32)} `],
    ['nothing', ''],
  ])('refuses %s, without showing it', (_name, secret) => {
    expect(() => decodeSecret(secret)).toThrow(RangeError);
    expect(() => decodeSecret(secret)).toThrow(
      /^A signing secret is whsec_ and the base64 of 24 to 64 bytes$/,
    );
  });
});
