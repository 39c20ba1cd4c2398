/**
 * Why a `fetch` failed, in its own words: it says "fetch failed", and why in the cause. A host with several addresses fails
 * with one error for each, and no message of its own. Undefined when there are no words at all.
 */
export function fetchFault(error: unknown): string | undefined {
  const { message, cause } = error as { readonly message?: string; readonly cause?: unknown };
  const { message: why, code } = (cause ?? {}) as { readonly message?: string; readonly code?: string };
  return [why, code, message].find((text) => text !== undefined && text !== '');
}
