import { isLoopbackHost } from '../address-class';
import { SubscriberGate } from '../broker/subscriber-gate';
import type { Clock } from '../clock';
import type { Config } from '../config';
import { ConsentVerifier } from '../delivery/consent';
import { SocketTransport } from '../delivery/consent-transport';
import { PushAllowList } from '../delivery/push-allow';
import { BlockedAddressError, TargetGuard } from '../delivery/target-guard';
import type { JwtVerifier, JwtVerifierDeps } from '../http/auth/jwt-verifier';
import type { RateLimits, RateLimitsDeps } from '../http/rate-limit/rate-limits';
import type { Logger } from '../logger';
import type { CallerLimit, SecurityConfig } from '../security-config';
import type { Backend } from '../store/open-stores';
import { programVersion } from '../version';

interface SecurityParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Null where this server counts its callers by itself. */
  readonly sharedLimits: Backend['sharedLimits'];
}

/** Who may do what, and where pushes may go. */
export async function createSecurity(
  { security, publicUrl, host, lookupSlots }: Config,
  { clock, log, sharedLimits }: SecurityParts,
) {
  const { pushPrivateNetworks: privateNetworks, auth } = security;
  const allow = new PushAllowList(security.pushAllow);
  const guard = new TargetGuard({ privateNetworks, allow, lookupSlots, clock });
  const consent = new ConsentVerifier({
    transport: new SocketTransport({ guard }),
    clock,
    origin: publicUrl === undefined ? 'localhost' : new URL(publicUrl).hostname,
    version: programVersion(),
  });
  const gate = new SubscriberGate({
    checkAddress: (target) => guard.check(target),
    isBlocked: (error) => error instanceof BlockedAddressError,
    verify: security.verifySubscribers ? (url) => consent.verify(url) : null,
  });
  const onKeyFault = (error: unknown) => log.error({ err: error }, 'auth.keys_failed');
  const verifier = auth.kind === 'jwt' ? await createVerifier({ config: auth, clock, onKeyFault }) : null;
  const limits = isAnyLimited(security, host)
    ? await createLimits({
        limits: security.callerLimits,
        onBanned: (ban) => log.warn(ban, 'audit.banned'),
        ...(sharedLimits && { newLimiter: sharedLimits.newLimiter }),
      })
    : null;
  return { guard, gate, access: { verifier, limits, trustProxy: security.trustProxy } };
}

// Both are large, and loaded only where they are used: the others start sooner and are smaller for it.

async function createVerifier(deps: JwtVerifierDeps): Promise<JwtVerifier> {
  const { JwtVerifier } = await import('../http/auth/jwt-verifier.js');
  return new JwtVerifier(deps);
}

async function createLimits(deps: RateLimitsDeps): Promise<RateLimits> {
  const { RateLimits } = await import('../http/rate-limit/rate-limits.js');
  return new RateLimits(deps);
}

/** Where only this machine can call, and no limit was set, nothing needs to be counted. */
function isAnyLimited({ callerLimits, trustProxy }: SecurityConfig, host: string): boolean {
  const set = Object.values(callerLimits).filter((limit): limit is CallerLimit => limit !== null);
  const isReachable = !isLoopbackHost(host) || trustProxy !== false;
  return set.length > 0 && (isReachable || set.some(({ includesLoopback }) => includesLoopback));
}
