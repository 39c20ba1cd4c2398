import { createPublicKey } from 'node:crypto';
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT, type KeyLike } from 'jose';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JwtVerifier } from '../../../src/http/auth/jwt-verifier';
import { ExpiredTokenError, InvalidTokenError } from '../../../src/http/auth/token-errors';
import type { JwtConfig } from '../../../src/security-config';
import { ManualClock } from '../../support/manual-clock';
import { TemporaryDirectories } from '../../support/temporary-directory';
import {
  claimsAt,
  JWT_SECRET,
  keySetOf,
  newSigningKey,
  signWithKey,
  signWithSecret,
  type SigningKey,
} from '../../support/tokens';

const clock = new ManualClock();
const NOW = Math.floor(clock.now() / 1000);
type Changes = Readonly<Record<string, unknown>>;
const claims = (changes: Changes = {}) => claimsAt(clock.now(), changes);

function verifierWith(config: Omit<JwtConfig, 'kind'>): JwtVerifier {
  return new JwtVerifier({ config: { kind: 'jwt', ...config }, clock });
}

/** Why a token is refused; null when it is not. */
async function refusal(verifier: JwtVerifier, token: string): Promise<string | null> {
  try {
    await verifier.verify(token);
    return null;
  } catch (error) {
    if (error instanceof InvalidTokenError) return error.message;
    throw error;
  }
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token signed with the secret', () => {
  const verifier = verifierWith({ keys: { kind: 'secret', secret: JWT_SECRET } });
  const reason = async (changes: Changes) => refusal(verifier, await signWithSecret(claims(changes)));

  it('says who and what for', async () => {
    const { subject, scopes } = await verifier.verify(await signWithSecret(claims()));
    expect([subject, scopes.allows('publish', 'orders'), scopes.allows('publish', 'x')]).toEqual([
      'alice',
      true,
      false,
    ]);
  });

  it('may have neither a subject nor a scope', async () => {
    const { subject, scopes } = await verifier.verify(await signWithSecret({ exp: NOW + 60 }));
    expect([subject, scopes.allows('publish', 'orders')]).toEqual([null, false]);
  });

  it.each<[string, Changes, string | null]>([
    ['expired by less than the skew', { exp: NOW - 59 }, null],
    ['expired by the skew', { exp: NOW - 60 }, 'The token has expired'],
    ['expired long ago', { exp: NOW - 3600 }, 'The token has expired'],
    ['without an end', { exp: undefined }, 'The token has no exp claim'],
    ['valid in less than the skew', { nbf: NOW + 60 }, null],
    ['valid later', { nbf: NOW + 61 }, 'The token is not valid yet'],
    ['with any issuer and audience where none is asked for', { iss: 'x', aud: ['y'] }, null],
    ['with a scope that is a list', { scope: ['publish:orders'] }, 'The scope claim is not a text'],
  ])('that is %s', async (_name, changes, expected) => {
    expect(await reason(changes)).toBe(expected);
  });

  it.each(['"soon"', '1e400', 'null', '{}'])('with an exp of %s is refused', async (exp) => {
    const payload = Buffer.from(`{"exp":${exp}}`).toString('base64url');
    const token = await signWithSecret(claims());
    expect(await refusal(verifier, token.replace(/\.[^.]*\./, `.${payload}.`))).not.toBeNull();
  });

  it.each([
    ['HS384', JWT_SECRET],
    ['HS512', JWT_SECRET.repeat(2)],
  ])('is refused with another algorithm: %s', async (alg, secret) => {
    const token = await new SignJWT(claims()).setProtectedHeader({ alg }).sign(Buffer.from(secret));
    expect(await refusal(verifier, token)).toBe(
      'The token was signed with an algorithm that is not accepted',
    );
  });

  it('is refused with another secret, and when anything in it was changed', async () => {
    const token = await signWithSecret(claims());
    const [head = '', , signature = ''] = token.split('.');
    const other = base64url(claims({ scope: 'admin' }));
    for (const forged of [
      await signWithSecret(claims(), `${JWT_SECRET}.`),
      `${head}.${other}.${signature}`,
      `${base64url({ alg: 'HS256', kid: '1' })}.${token.split('.').slice(1).join('.')}`,
      token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
    ]) {
      expect(await refusal(verifier, forged)).toBe("The token's signature is not valid");
    }
  });

  it('counts as expired only when nothing else is wrong with it', async () => {
    const token = await signWithSecret(claims({ exp: NOW - 3600 }));
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(ExpiredTokenError);
    const [head = '', payload = ''] = token.split('.');
    for (const forged of [
      await signWithSecret(claims({ exp: NOW - 3600 }), `${JWT_SECRET}.`),
      `${head}.${payload}.`,
      `${head}.${payload}.AAAA`,
      new UnsecuredJWT(claims({ exp: NOW - 3600 })).encode(),
      await signWithSecret(claims({ exp: NOW - 3600, nbf: NOW + 3600 })),
    ]) {
      await expect(verifier.verify(forged)).rejects.not.toBeInstanceOf(ExpiredTokenError);
    }
  });

  it('is refused without a signature, whatever `none` is written like', async () => {
    const unsecured = new UnsecuredJWT(claims()).encode();
    expect(await refusal(verifier, unsecured)).not.toBeNull();
    for (const alg of ['none', 'None', 'NONE', '', undefined]) {
      for (const signature of ['', 'AA']) {
        const token = `${base64url({ alg })}.${base64url(claims())}.${signature}`;
        expect(await refusal(verifier, token)).not.toBeNull();
      }
    }
  });

  it.each(['', 'x', 'a.b', 'a.b.c', '..', 'a.b.c.d.e', '😀.😀.😀', 'e30.e30.e30', 'bnVsbA.bnVsbA.bnVsbA'])(
    'is refused when it is none: %j',
    async (token) => {
      expect(await refusal(verifier, token)).toBe('The token is malformed');
    },
  );

  it('is refused when it asks for extensions that are not known', async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', crit: ['x'], x: 1 })
      .sign(Buffer.from(JWT_SECRET), { crit: { x: true } });
    expect(await refusal(verifier, token)).toBe('The token is malformed');
  });
});

describe('issuer and audience', () => {
  const verifier = verifierWith({
    keys: { kind: 'secret', secret: JWT_SECRET },
    issuer: 'https://id.example.com/',
    audience: 'herald',
  });
  const right = { iss: 'https://id.example.com/', aud: 'herald' };

  it.each<[string, Changes, string | null]>([
    ['right', right, null],
    ['one of several audiences', { ...right, aud: ['other', 'herald'] }, null],
    [
      'of another issuer',
      { ...right, iss: 'https://id.example.com' },
      'The iss claim is not the one expected',
    ],
    ['without an issuer', { aud: 'herald' }, 'The token has no iss claim'],
    ['for another audience', { ...right, aud: 'Herald' }, 'The aud claim is not the one expected'],
    ['for no audience', { iss: right.iss }, 'The token has no aud claim'],
  ])('that are %s', async (_name, changes, expected) => {
    expect(await refusal(verifier, await signWithSecret(claims(changes)))).toBe(expected);
  });
});

describe('a token signed with a key of a set', () => {
  const directories = new TemporaryDirectories();
  let keys: SigningKey[];
  let rsa: SigningKey;
  let file: string;
  let verifier: JwtVerifier;

  beforeAll(async () => {
    keys = await Promise.all([
      newSigningKey('RS256', 'rsa-1'),
      newSigningKey('ES256', 'ec-1'),
      newSigningKey('EdDSA', 'ed-1'),
    ]);
    [rsa] = keys as [SigningKey];
    file = join(await directories.make(), 'jwks.json');
    await writeFile(file, JSON.stringify(keySetOf(...keys)));
    verifier = verifierWith({ keys: { kind: 'file', path: file } });
    await verifier.start();
  });

  afterAll(() => directories.removeAll());

  it('is accepted for each kind of key', async () => {
    for (const key of keys) {
      expect([key.alg, await refusal(verifier, await signWithKey(key, claims()))]).toEqual([key.alg, null]);
    }
  });

  it('is accepted without a key id, when one of the keys fits', async () => {
    const second = await newSigningKey('RS256', 'rsa-2');
    const path = `${file}.two`;
    await writeFile(path, JSON.stringify(keySetOf(rsa, second)));
    const two = verifierWith({ keys: { kind: 'file', path } });
    for (const key of [rsa, second]) {
      expect(await refusal(two, await signWithKey(key, claims(), { kid: undefined }))).toBeNull();
    }
    const stranger = await newSigningKey('RS256', 'rsa-3');
    expect(await refusal(two, await signWithKey(stranger, claims(), { kid: undefined }))).toBe(
      "The token's signature is not valid",
    );
  });

  it('is refused when it is signed with a public key as if that were a secret', async () => {
    const publicKey = (await importJWK(rsa.jwk, 'RS256')) as KeyLike;
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(rsa.jwk), rsa.jwk.n ?? '']) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256', kid: rsa.kid })
        .sign(Buffer.from(secret));
      expect(await refusal(verifier, token)).toBe(
        'The token was signed with an algorithm that is not accepted',
      );
    }
  });

  it('is refused with an algorithm of its key that is not one of the three', async () => {
    for (const alg of ['PS256', 'RS384', 'RS512']) {
      const token = await signWithKey(rsa, claims(), { alg });
      expect(await refusal(verifier, token)).toBe(
        'The token was signed with an algorithm that is not accepted',
      );
    }
    const [, ec] = keys as [SigningKey, SigningKey];
    const confused = await signWithKey(ec, claims(), { kid: rsa.kid });
    expect(await refusal(verifier, confused)).toBe('The token was signed with a key that is not known');
  });

  it('is refused when it brings its own key, inside it or at an address', async () => {
    const stranger = await newSigningKey('RS256', 'stranger');
    for (const header of [
      { jwk: stranger.jwk },
      { jwk: stranger.jwk, kid: rsa.kid },
      { jwk: stranger.jwk, kid: undefined },
      { jku: 'http://127.0.0.1:1/jwks.json', kid: rsa.kid },
      { x5u: 'http://127.0.0.1:1/cert.pem', kid: rsa.kid },
      {
        x5c: [
          createPublicKey(await exportSPKI((await importJWK(stranger.jwk)) as KeyLike))
            .export({ type: 'spki', format: 'der' })
            .toString('base64'),
        ],
      },
      { kid: '../../../../dev/null' },
      { kid: "' or 1=1" },
    ]) {
      expect(await refusal(verifier, await signWithKey(stranger, claims(), header))).toMatch(
        /^The token's signature is not valid$|^The token was signed with a key that is not known$/,
      );
    }
  });

  it('has its claims checked as well', async () => {
    const [, , ed] = keys as [SigningKey, SigningKey, SigningKey];
    expect(await refusal(verifier, await signWithKey(ed, claims({ exp: NOW - 61 })))).toBe(
      'The token has expired',
    );
  });
});

describe('start', () => {
  it.each([
    ['is not there', null],
    ['is not JSON', '{'],
    ['is no key set', '{"keys": {}}'],
  ])('stops the program when the file %s', async (_name, content) => {
    const directories = new TemporaryDirectories();
    const path = join(await directories.make(), 'jwks.json');
    if (content !== null) await writeFile(path, content);
    await expect(verifierWith({ keys: { kind: 'file', path } }).start()).rejects.toThrow(/JWKS_FILE/);
    await directories.removeAll();
  });

  it('goes on when the URL cannot be reached yet', async () => {
    const faults: unknown[] = [];
    const verifier = new JwtVerifier({
      config: { kind: 'jwt', keys: { kind: 'url', url: 'http://127.0.0.1:1/jwks.json' } },
      clock,
      onKeyFault: (error) => faults.push(error),
    });
    await expect(verifier.start()).resolves.toBeUndefined();
    expect(faults).toHaveLength(1);
  });

  it('has nothing to read for a secret', async () => {
    await expect(
      verifierWith({ keys: { kind: 'secret', secret: JWT_SECRET } }).start(),
    ).resolves.toBeUndefined();
  });
});
