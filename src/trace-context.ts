import type { TraceContext } from './model';

export type { TraceContext } from './model';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[\x21-\x7e]*)?$/;
const ZEROS = /^0+$/;
/** The specification asks for at least 512 to be passed on; beyond that, and with more members, all may be dropped. */
const MAX_LENGTH = 512;
const MAX_MEMBERS = 32;
const KEY = '(?:[a-z][a-z0-9_\\-*/]{0,255}|[a-z0-9][a-z0-9_\\-*/]{0,240}@[a-z][a-z0-9_\\-*/]{0,13})';
/** Printable ASCII without `,` and `=`; no space at the end. */
const VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const MEMBER = new RegExp(`^${KEY}=${VALUE}$`);

/**
 * Reads a request's headers. A `traceparent` that is malformed counts as none, and then `tracestate` does too; a
 * malformed `tracestate` alone is left out. Nothing of it is ever a reason to refuse a request.
 */
export function traceContextOf(traceparent?: string, tracestate?: string): TraceContext | undefined {
  const traceId = traceparent === undefined ? null : traceIdOf(traceparent);
  if (traceparent === undefined || traceId === null) return undefined;
  const headers: (readonly [string, string])[] = [['traceparent', traceparent]];
  if (tracestate !== undefined && isTracestate(tracestate)) headers.push(['tracestate', tracestate]);
  return { traceId, headers };
}

function traceIdOf(traceparent: string): string | null {
  const match = TRACEPARENT.exec(traceparent);
  if (!match || traceparent.length > MAX_LENGTH) return null;
  const [, version, traceId = '', parentId = '', rest] = match;
  // Version 00 ends here; later ones may go on, and ff is not a version.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  return ZEROS.test(traceId) || ZEROS.test(parentId) ? null : traceId;
}

function isTracestate(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MAX_MEMBERS) return false;
  const keys = members.map((member) => member.slice(0, member.indexOf('=')));
  return members.every((member) => MEMBER.test(member)) && new Set(keys).size === keys.length;
}

/** A trace as it is stored: `traceparent`, and on a second line `tracestate` when there is one. */
export function traceText({ headers }: TraceContext): string {
  return headers.map(([, value]) => value).join('\n');
}

/** The inverse of `traceText`, as a field of a message that has one. */
export function traceField(text: string | null): { readonly trace?: TraceContext } {
  const [traceparent, tracestate] = text?.split('\n') ?? [];
  const trace = traceContextOf(traceparent, tracestate);
  return trace ? { trace } : {};
}

/** The longest that `traceText` gives, in bytes: it is ASCII. */
export const MAX_TRACE_BYTES = 2 * MAX_LENGTH + 1;
