import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { classOfAddress, familyOf, ipv6Groups } from '../../address-class';
import { principalOf } from '../auth/principal';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Who a request comes from, by its address as Express's `trust proxy` tells it. IPv6 addresses of one /64 are one
 * caller: that is the least that a single customer is given (RFC 6177).
 */
export function addressKey({ ip = '' }: { readonly ip?: string | undefined }): string {
  const mapped = MAPPED.exec(ip)?.[1];
  if (mapped !== undefined || familyOf(ip) !== 'ipv6') return `ip:${mapped ?? ip}`;
  return `ip:${ipv6Groups(ip).slice(0, 4).join(':')}::/64`;
}

/** Who a request comes from by its token; null when there is none. The token itself is not kept. */
export function tokenKey(req: Request): string | null {
  const principal = principalOf(req);
  if (principal.kind === 'anonymous') return null;
  if (principal.kind === 'token' && principal.subject !== null) return `sub:${principal.subject}`;
  const digest = createHash('sha256').update(req.headers.authorization ?? '');
  return `token:${digest.digest('base64url')}`;
}

export function isLoopbackCaller({ ip = '' }: Request): boolean {
  return classOfAddress(ip) === 'loopback';
}
