import { createSecretKey } from 'node:crypto';
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
  type KeyLike,
} from 'jose';
import type { Clock } from '../../clock';
import { StartupError } from '../../errors';
import type { JwtConfig } from '../../security-config';
import { fileKeys, RotatingKeySet, urlKeys } from './key-set';
import { Scopes } from './scopes';
import { ExpiredTokenError, InvalidTokenError, KeysUnavailableError, UnknownKeyError } from './token-errors';
import { VerifiedTokens } from './verified-tokens';

/** What a valid token says. */
export interface VerifiedToken {
  /** `sub`; null when the token has none. */
  readonly subject: string | null;
  readonly scopes: Scopes;
  /** Unix milliseconds from which it is refused: what clocks may differ by is counted in. */
  readonly expiresAt: number;
}

export interface JwtVerifierDeps {
  readonly config: JwtConfig;
  readonly clock: Clock;
  /** Told when a key set cannot be read; the keys read before stay in use. */
  readonly onKeyFault?: (error: unknown) => void;
}

const CLOCK_SKEW_SECONDS = 60;
/** Fixed by the kind of the keys and never by the token (RFC 8725 §3.1). */
const SECRET_ALGORITHMS = ['HS256'];
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

/** Verifies JSON Web Tokens (RFC 7519) with the keys of the configuration. Keys in a token are not looked at. */
export class JwtVerifier {
  readonly #options: JWTVerifyOptions;
  readonly #clock: Clock;
  readonly #secret: KeyLike | null = null;
  readonly #keySet: RotatingKeySet | null = null;
  readonly #isFile: boolean;
  readonly #verified = new VerifiedTokens<VerifiedToken>();

  constructor({ config, clock, onKeyFault }: JwtVerifierDeps) {
    const { keys, issuer, audience } = config;
    this.#clock = clock;
    this.#isFile = keys.kind === 'file';
    if (keys.kind === 'secret') {
      this.#secret = createSecretKey(keys.secret, 'utf8');
    } else {
      const source = keys.kind === 'file' ? fileKeys(keys.path) : urlKeys(keys.url);
      this.#keySet = new RotatingKeySet({ source, clock, ...(onKeyFault && { onFault: onKeyFault }) });
    }
    this.#options = {
      algorithms: this.#secret ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }

  /**
   * Reads the keys for the first time. Keys at a URL may still come later.
   *
   * @throws StartupError when the file with the keys cannot be used
   */
  async start(): Promise<void> {
    try {
      await this.#keySet?.refresh();
    } catch (cause) {
      if (!this.#isFile) return;
      throw new StartupError(
        'The keys in JWKS_FILE cannot be read; set it to a readable file that holds a JSON Web Key Set',
        { cause },
      );
    }
  }

  /** @throws ExpiredTokenError, UnknownKeyError, InvalidTokenError, KeysUnavailableError */
  async verify(token: string): Promise<VerifiedToken> {
    const now = this.#clock.now();
    const known = this.#verified.get(token, now);
    if (known) return known;
    const payload = await this.#verify(token).catch((error: unknown) => {
      if (error instanceof KeysUnavailableError) throw error;
      // It is thrown once the signature has been verified, and no sooner.
      if (error instanceof errors.JWTExpired)
        throw new ExpiredTokenError('The token has expired', { cause: error });
      if (error instanceof errors.JWKSNoMatchingKey)
        throw new UnknownKeyError('The token was signed with a key that is not known', { cause: error });
      throw new InvalidTokenError(reasonOf(error), { cause: error });
    });
    const { sub, scope = '', exp = 0 } = payload;
    if (typeof scope !== 'string') throw new InvalidTokenError('The scope claim is not a text');
    const expiresAt = (exp + CLOCK_SKEW_SECONDS) * 1000;
    const verified = { subject: sub ?? null, scopes: new Scopes(scope), expiresAt };
    this.#verified.keep(token, verified, now, expiresAt);
    return verified;
  }

  async #verify(token: string): Promise<JWTPayload> {
    let fault: unknown = new errors.JWKSNoMatchingKey();
    for (const key of await this.#keysFor(token)) {
      try {
        const currentDate = new Date(this.#clock.now());
        return (await jwtVerify(token, key, { ...this.#options, currentDate })).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        fault = error;
      }
    }
    throw fault;
  }

  async #keysFor(token: string): Promise<readonly KeyLike[]> {
    if (this.#secret) return [this.#secret];
    const { alg = '', kid } = decodeProtectedHeader(token);
    if (!PUBLIC_KEY_ALGORITHMS.includes(alg)) throw new errors.JOSEAlgNotAllowed();
    return (await this.#keySet?.keysFor({ alg, ...(kid !== undefined && { kid }) })) ?? [];
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error);
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is not valid";
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'The token was signed with an algorithm that is not accepted';
  return 'The token is malformed';
}

function claimFault({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `The token has no ${claim} claim`;
  return claim === 'nbf' ? 'The token is not valid yet' : `The ${claim} claim is not the one expected`;
}
