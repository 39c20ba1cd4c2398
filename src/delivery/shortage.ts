import { isIPv6 } from 'node:net';
import { types } from 'node:util';

/** What this process can run out of, by the code of the error that says so, and what an operator can do about it. */
const REMEDIES = new Map([
  ['EMFILE', 'raise the limit on open files of the process (ulimit -n), and have fewer connections'],
  [
    'ENFILE',
    'raise the limit on open files of the machine (sysctl fs.file-max), and look who has so many open',
  ],
  ['ENOBUFS', 'look what takes the memory of the machine, above all that of its sockets'],
  ['ENOMEM', 'look what takes the memory of the machine, and give this process more'],
  ['EAI_MEMORY', 'look what takes the memory of the machine, and give this process more'],
  ['EADDRNOTAVAIL', 'give the machine more local ports (sysctl net.ipv4.ip_local_port_range)'],
]);

/** A chain of causes longer than this is cyclic. */
const MAX_DEPTH = 8;

/**
 * The code of what this process lacked to make a connection, be it for one of a name's addresses: an error that is
 * nobody's fault but its own. Null for any other error.
 */
export function shortageIn(error: unknown, depth = 0): string | null {
  if (!types.isNativeError(error) || depth > MAX_DEPTH) return null;
  const { code, address, errors } = error as Error & Record<'code' | 'address' | 'errors', unknown>;
  const isKnown = typeof code === 'string' && REMEDIES.has(code);
  // Where there is no IPv6, that is said of each of its addresses.
  const isOfIPv6 = code === 'EADDRNOTAVAIL' && typeof address === 'string' && isIPv6(address);
  if (isKnown && !isOfIPv6) return code;
  const parts: readonly unknown[] = Array.isArray(errors) ? errors : [];
  for (const part of [...parts, error.cause]) {
    const shortage = shortageIn(part, depth + 1);
    if (shortage !== null) return shortage;
  }
  return null;
}

/** What an operator can do about it, for a line in the log. */
export function remedyOf(shortage: string): string {
  return REMEDIES.get(shortage) ?? 'look what this process lacks';
}
