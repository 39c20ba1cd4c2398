import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { mintToken } from '../../scripts/mint-token';
import { systemClock } from '../../src/clock';
import { JwtVerifier } from '../../src/http/auth/jwt-verifier';
import { JWT_SECRET } from '../support/tokens';

const ROOT = join(__dirname, '../..');

function mint(args: string[], env: Record<string, string> = { JWT_SECRET }) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['-r', 'ts-node/register', 'scripts/mint-token.ts', ...args],
    {
      cwd: ROOT,
      env: { ...process.env, JWT_SECRET: '', JWT_ISSUER: '', JWT_AUDIENCE: '', ...env },
      encoding: 'utf8',
    },
  );
  return { stdout, stderr, status };
}

describe('scripts/mint-token.ts', () => {
  it('prints a token that the server takes', async () => {
    const env = { JWT_SECRET, JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: 'herald' };
    const { stdout, status } = mint(
      ['--scope', 'publish:orders poll:*', '--sub', 'bob', '--expires', '30m'],
      env,
    );
    expect(status).toBe(0);
    const verifier = new JwtVerifier({
      config: {
        kind: 'jwt',
        keys: { kind: 'secret', secret: JWT_SECRET },
        issuer: env.JWT_ISSUER,
        audience: env.JWT_AUDIENCE,
      },
      clock: systemClock,
    });
    const { subject, scopes } = await verifier.verify(stdout.trim());
    expect([subject, scopes.allows('publish', 'orders'), scopes.isAdmin]).toEqual(['bob', true, false]);
    const { exp = 0, iat = 0 } = decodeJwt(stdout.trim());
    expect(exp - iat).toBe(1800);
  });

  it('says in a line or two what is wrong, and fails', () => {
    const { stdout, stderr, status } = mint(['--scope', 'admin', '--forever']);
    expect([stdout, status]).toEqual(['', 1]);
    expect(stderr).toContain('--forever');
    expect(stderr).toMatch(/^Usage: /m);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    [[], '--scope is missing', { JWT_SECRET }],
    [['--scope', 'admin', '--expires', 'soon'], '--expires is', { JWT_SECRET }],
    [['--scope', 'admin'], 'Set JWT_SECRET to at least 32 bytes', { JWT_SECRET: 'short' }],
    [['--scope', 'admin'], 'Set JWT_SECRET to at least 32 bytes', {}],
  ])('refuses %j: %s', async (args, message, env) => {
    await expect(mintToken(args, env)).rejects.toThrow(message);
  });
});
