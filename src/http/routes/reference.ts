import type { IRouter } from 'express';
import { defineRoute } from '../define-route';

/** What the API is, for tools and for persons. Anybody may read it; it is made when it is first asked for. */
export function referenceRoutes(router: IRouter): void {
  let document: Promise<string> | undefined;
  defineRoute(router, '/openapi.json', {
    GET: async (_req, res) => {
      document ??= import('../openapi/document.js').then((it) => JSON.stringify(it.openApiDocument()));
      res.type('json').send(await document);
    },
  });
}
