import type { Clock } from '../clock';
import type { SigningSecret } from '../model';

const NONE: readonly string[] = [];
/** How long a secret that was replaced signs along … */
const OLD_SECRET_MS = 24 * 3_600_000;
/** … and how many such do: each costs a signature per push. */
const MAX_OLD_SECRETS = 3;

/** The secrets that sign at `now` (unix milliseconds) and later when `secret` becomes the newest of them. */
export function withNewSecret(
  secret: string,
  before: readonly SigningSecret[],
  now: number,
): readonly SigningSecret[] {
  const old = before
    .filter((it) => isInForce(it, now))
    .slice(0, MAX_OLD_SECRETS)
    .map((it) => ({ ...it, expiresAt: it.expiresAt ?? now + OLD_SECRET_MS }));
  return [{ secret, expiresAt: null }, ...old];
}

/** Those that sign now, the newest first. */
export function secretsInForce(secrets: readonly SigningSecret[], clock: Clock): readonly string[] {
  const [first] = secrets;
  // Nearly always, and for each push: the newest does not expire.
  if (secrets.length <= 1) return first ? [first.secret] : NONE;
  const now = clock.now();
  return secrets.filter((it) => isInForce(it, now)).map(({ secret }) => secret);
}

function isInForce({ expiresAt }: SigningSecret, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}
