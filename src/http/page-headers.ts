import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const NOTHING = ["'none'"];

/** What a page may load, by the directives of its Content-Security-Policy; nothing that is not listed. */
export type PageSources = Readonly<
  Partial<Record<'scriptSrc' | 'styleSrc' | 'connectSrc' | 'imgSrc', readonly string[]>>
>;

/** The headers of an HTML page that loads nothing but what it lists, and has no frame around it. */
export function pageHeaders(sources: PageSources): RequestHandler {
  const listed = Object.entries(sources).map(([directive, from]) => [directive, [...from]] as const);
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: NOTHING,
        ...Object.fromEntries(listed),
        baseUri: NOTHING,
        formAction: NOTHING,
        frameAncestors: NOTHING,
      },
    },
    // TLS, and what else this host serves, is the business of the proxy in front.
    strictTransportSecurity: false,
  });
}

/** Names the one `<style>` element of a page by the text inside it, exactly. */
export function sourceOfStyle(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}
