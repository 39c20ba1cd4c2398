import type { IRouter, Request, Response } from 'express';
import { HeraldError } from '../../errors';
import { defineRoute } from '../define-route';
import { loadPage, type Page } from '../page-files';
import { pageHeaders } from '../page-headers';

const OWN = ["'self'"];

const headers = pageHeaders({ scriptSrc: OWN, styleSrc: OWN, connectSrc: OWN, imgSrc: [...OWN, 'data:'] });

/**
 * `GET /`: the page for those who prefer HTML, `help` for all others; and the files of the page, under a path that
 * changes with their content, so that they can be cached for good.
 */
export function pageRoutes(router: IRouter, help: string): void {
  const page = loadPage();
  defineRoute(router, '/', {
    GET: async (req, res) => {
      res.vary('Accept');
      if (req.accepts(['text/plain', 'text/html']) === 'text/html') await sendPage(req, res, page);
      else res.type('text/plain').send(help);
    },
  });
  defineRoute(router, '/page/:version/*path', { GET: async (req, res) => sendFile(req, res, page) });
}

async function sendPage(req: Request, res: Response, { html, version }: Page): Promise<void> {
  await headers(req, res, () => {
    res.set({ 'Cache-Control': 'no-cache', ETag: `"${version}"` });
    res.type('text/html').send(html);
  });
}

async function sendFile(req: Request, res: Response, { version, files }: Page): Promise<void> {
  const { path } = req.params;
  const file = files.get(Array.isArray(path) ? path.join('/') : String(path));
  if (req.params.version !== version || !file) {
    throw new HeraldError('route_not_found', `There is no ${req.path}; GET / shows the page as it is now`);
  }
  await headers(req, res, () => {
    res.set('Cache-Control', 'public, max-age=31536000, immutable');
    res.set('Content-Type', file.type).send(file.content);
  });
}
