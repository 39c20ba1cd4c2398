/**
 * The URL that a text is (WHATWG URL), or null when it is none. A relative one is resolved against `base`, where that is given.
 *
 * In place of `URL.canParse`: in Node 20, once that has been called some thousand times, it says no to any URL with a
 * character from U+0080 to U+00FF.
 */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

/** Whether a user name or a password is in it. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/** A host as it stands in a URL: an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
