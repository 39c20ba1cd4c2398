/*
 * Prints a token for development, signed with JWT_SECRET (HS256):
 *
 *   npm run --silent token -- --scope "publish:orders subscribe:*" [--sub alice] [--expires 1h]
 *
 * JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE come from the environment, then from .env.
 */
import { createSecretKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';

const USAGE = 'Usage: npm run --silent token -- --scope "publish:orders" [--sub <subject>] [--expires 1h]';
const MIN_SECRET_BYTES = 32;
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * Makes the token that the arguments and the environment ask for.
 *
 * @throws TypeError when the arguments are wrong, RangeError when there is no secret to sign it with
 */
export async function mintToken(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { scope, sub, expires } = readArguments(args);
  const { JWT_SECRET: secret = '', JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = env;
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new RangeError(
      `Set JWT_SECRET to at least ${MIN_SECRET_BYTES} bytes, for example: openssl rand -base64 32`,
    );
  }
  const now = Math.floor(Date.now() / 1000);
  const token = new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt(now)
    .setExpirationTime(now + secondsOf(expires));
  if (sub !== undefined) token.setSubject(sub);
  if (issuer) token.setIssuer(issuer);
  if (audience) token.setAudience(audience);
  return token.sign(createSecretKey(secret, 'utf8'));
}

function readArguments(args: string[]): { scope: string; sub: string | undefined; expires: string } {
  const { values } = parseArgs({
    args,
    options: {
      scope: { type: 'string' },
      sub: { type: 'string' },
      expires: { type: 'string', default: '1h' },
    },
  });
  const { scope, sub, expires } = values;
  if (scope === undefined) throw new TypeError('--scope is missing');
  return { scope, sub, expires };
}

function secondsOf(text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text);
  if (!match) throw new TypeError('--expires is a whole number and s, m, h or d, such as 30m');
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  try {
    process.stdout.write(`${await mintToken(process.argv.slice(2), process.env)}\n`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(error instanceof TypeError ? `${message}\n${USAGE}\n` : `${message}\n`);
    process.exitCode = 1;
  }
}

if (require.main === module) void main();
