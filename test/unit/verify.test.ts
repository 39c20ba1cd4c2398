import { Webhook } from 'standardwebhooks';
import { generateSecret, Signer } from '../../src/delivery/signature';
import { InvalidWebhookError, verifyWebhook } from '../../src/verify';
import { SIGNATURE_VECTORS, VECTOR_ID, VECTOR_SECRET, VECTOR_TIMESTAMP } from '../support/signature-vectors';

const NOW = VECTOR_TIMESTAMP * 1000;
const [[, BODY, SIGNATURE] = ['', Buffer.alloc(0), '']] = SIGNATURE_VECTORS;

const headersWith = (changes: Record<string, string | undefined> = {}) => ({
  'webhook-id': VECTOR_ID,
  'webhook-timestamp': String(VECTOR_TIMESTAMP),
  'webhook-signature': SIGNATURE,
  ...changes,
});

const verify = (
  headers: Record<string, string | undefined>,
  now = NOW,
  secrets: string | string[] = VECTOR_SECRET,
) => verifyWebhook(headers, BODY, secrets, { now });

describe('verifyWebhook', () => {
  it.each(SIGNATURE_VECTORS)('accepts %s with the signature of the vector', (_name, body, signature) => {
    const headers = headersWith({ 'webhook-signature': signature });
    expect(verifyWebhook(headers, body, VECTOR_SECRET, { now: NOW })).toEqual({
      id: VECTOR_ID,
      timestampSeconds: VECTOR_TIMESTAMP,
    });
  });

  it('accepts what an independent sender signs, with the time of the system', () => {
    const secret = generateSecret();
    const at = new Date();
    const headers = headersWith({
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(VECTOR_ID, at, '{"é":1}'),
    });
    expect(verifyWebhook(headers, '{"é":1}', secret).id).toBe(VECTOR_ID);
    expect(verifyWebhook(new Headers(headers as Record<string, string>), '{"é":1}', secret).id).toBe(
      VECTOR_ID,
    );
  });

  it('accepts the old secret or the new one while one replaces the other', () => {
    const [older, newer] = [generateSecret(), generateSecret()];
    const both = new Signer().sign(VECTOR_ID, VECTOR_TIMESTAMP, BODY, [newer, older]);
    const headers = headersWith({ 'webhook-signature': both });
    for (const secrets of [older, newer, [older, newer], [generateSecret(), older]]) {
      expect(verify(headers, NOW, secrets).id).toBe(VECTOR_ID);
    }
  });

  it('passes over signatures of other versions', () => {
    const other =
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
    expect(verify(headersWith({ 'webhook-signature': `${other} ${SIGNATURE}` })).id).toBe(VECTOR_ID);
    expect(() => verify(headersWith({ 'webhook-signature': other }))).toThrow(InvalidWebhookError);
    expect(() => verify(headersWith({ 'webhook-signature': SIGNATURE.replace('v1,', 'v2,') }))).toThrow(
      InvalidWebhookError,
    );
  });

  it('accepts a push from 300 seconds before or after now, and none beyond', () => {
    for (const now of [NOW - 300_000, NOW + 300_000]) expect(verify(headersWith(), now).id).toBe(VECTOR_ID);
    for (const now of [NOW - 301_000, NOW + 301_000]) {
      expect(() => verify(headersWith(), now)).toThrow('webhook-timestamp is not a time close to now');
    }
    expect(
      verifyWebhook(headersWith(), BODY, VECTOR_SECRET, { now: NOW + 900_000, toleranceSeconds: 900 }).id,
    ).toBe(VECTOR_ID);
  });

  it.each([
    ['no id', { 'webhook-id': undefined }, 'webhook-id is missing'],
    ['an empty id', { 'webhook-id': '' }, 'webhook-id is missing'],
    ['another id', { 'webhook-id': 'msg_other' }, 'does not fit'],
    ['no time', { 'webhook-timestamp': undefined }, 'webhook-timestamp is missing'],
    ['a time that is none', { 'webhook-timestamp': 'now' }, 'not a time'],
    ['a time with a fraction', { 'webhook-timestamp': '1614265330.0' }, 'not a time'],
    ['a time in another notation', { 'webhook-timestamp': '0x60379c32' }, 'not a time'],
    ['another time', { 'webhook-timestamp': String(VECTOR_TIMESTAMP + 1) }, 'does not fit'],
    ['no signature', { 'webhook-signature': undefined }, 'webhook-signature is missing'],
    ['an empty signature', { 'webhook-signature': 'v1,' }, 'does not fit'],
    ['half a signature', { 'webhook-signature': SIGNATURE.slice(0, 20) }, 'does not fit'],
    ['a signature without a version', { 'webhook-signature': SIGNATURE.slice(3) }, 'does not fit'],
    ['another signature', { 'webhook-signature': SIGNATURE.replace('g0', 'h0') }, 'does not fit'],
  ])('refuses %s', (_name, changes, message) => {
    expect(() => verify(headersWith(changes))).toThrow(InvalidWebhookError);
    expect(() => verify(headersWith(changes))).toThrow(message);
  });

  it('refuses another body, another secret, and everything when there is no secret', () => {
    expect(() => verifyWebhook(headersWith(), `${BODY.toString()} `, VECTOR_SECRET, { now: NOW })).toThrow(
      InvalidWebhookError,
    );
    expect(() => verify(headersWith(), NOW, generateSecret())).toThrow(InvalidWebhookError);
    expect(() => verify(headersWith(), NOW, [])).toThrow(InvalidWebhookError);
  });
});
