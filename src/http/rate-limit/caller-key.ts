import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { classOfAddress, familyOf, ipv6Groups } from '../../address-class';
import { principalOf } from '../auth/principal';

/** Some proxies write the port, too, into `X-Forwarded-For`. */
const WITH_PORT = /^(?:\[(?<ipv6>[^\]]+)\](?::\d+)?|(?<ipv4>[\d.]+):\d+)$/;
const MAPPED_PREFIX = '0:0:0:0:0:ffff';

/**
 * Who a request comes from, by its address as Express's `trust proxy` tells it. IPv6 addresses of one /64 are one
 * caller: that is the least that a single customer is given (RFC 6177).
 */
export function addressKey({ ip = '' }: { readonly ip?: string | undefined }): string {
  const { ipv6, ipv4 } = WITH_PORT.exec(ip)?.groups ?? {};
  const address = ipv6 ?? ipv4 ?? ip;
  if (familyOf(address) !== 'ipv6') return `ip:${address}`;
  const groups = ipv6Groups(address);
  if (groups.slice(0, 6).join(':') === MAPPED_PREFIX) return `ip:${mappedIpv4(groups)}`;
  return `ip:${groups.slice(0, 4).join(':')}::/64`;
}

function mappedIpv4(groups: readonly string[]): string {
  const [high = 0, low = 0] = groups.slice(6).map((group) => parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
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
