/**
 * Why a `fetch` failed, in its own words: it says "fetch failed", and why in the cause. A host with several addresses fails
 * with one error for each, and no message of its own. Undefined when there are no words at all.
 */
export function fetchFault(error: unknown): string | undefined {
  const { message, cause } = error as { readonly message?: string; readonly cause?: unknown };
  const { message: why, code } = (cause ?? {}) as { readonly message?: string; readonly code?: string };
  return [why, code, message].find((text) => text !== undefined && text !== '');
}

/** Whether a `fetch` failed since the other side closed the connection in the middle. */
export function wasCutWhileSending(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(causeCodeOf(error));
}

/** Whether a `fetch` failed since nothing listens at the address, or it leads nowhere. */
export function wasNobodyThere(error: unknown): boolean {
  return NOBODY_THERE.includes(causeCodeOf(error));
}

const NOBODY_THERE = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

function causeCodeOf(error: unknown): string {
  const { cause } = (error ?? {}) as { readonly cause?: { readonly code?: string } };
  return cause?.code ?? '';
}
