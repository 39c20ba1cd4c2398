import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * The headers of an HTML page that needs nothing but itself: no script, no image, nothing from elsewhere, and no frame
 * around it.
 *
 * @param style the text inside its one `<style>` element, exactly; no other style is applied
 */
export function pageHeaders(style: string): RequestHandler {
  const digest = createHash('sha256').update(style).digest('base64');
  const nothing = ["'none'"];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: nothing,
        styleSrc: [`'sha256-${digest}'`],
        baseUri: nothing,
        formAction: nothing,
        frameAncestors: nothing,
      },
    },
    // TLS, and what else this host serves, is the business of the proxy in front.
    strictTransportSecurity: false,
  });
}
