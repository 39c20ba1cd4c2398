import type { IRouter } from 'express';
import { defineRoute } from '../define-route';
import type { Reference } from '../openapi/reference';

/** What the API is, for tools and for persons. Anybody may read it; it is made when it is first asked for. */
export function referenceRoutes(router: IRouter): void {
  let made: Promise<Reference> | undefined;
  const reference = () =>
    (made ??= make().catch((error: unknown) => {
      // Whoever asks next is not answered with an old failure.
      made = undefined;
      throw error;
    }));

  defineRoute(router, '/openapi.json', {
    GET: async (_req, res) => void res.type('json').send((await reference()).json),
  });
  defineRoute(router, '/docs', {
    GET: async (req, res) => {
      const { page, pageHeaders } = await reference();
      await pageHeaders(req, res, () => res.type('html').send(page));
    },
  });
}

async function make(): Promise<Reference> {
  const { makeReference } = await import('../openapi/reference.js');
  return makeReference();
}
