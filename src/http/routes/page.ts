import type { IRouter, Request, Response } from 'express';
import { HeraldError } from '../../errors';
import { defineRoute } from '../define-route';
import { loadPage, type Page } from '../page-files';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/**
 * `GET /`: the page for those who prefer HTML, `help` for all others; and the files of the page, under a path that
 * changes with their content, so that they can be cached for good.
 */
export function pageRoutes(router: IRouter, help: string): void {
  const page = loadPage();
  defineRoute(router, '/', {
    GET: (req, res) => {
      res.vary('Accept');
      if (req.accepts(['text/plain', 'text/html']) === 'text/html') sendPage(res, page);
      else res.type('text/plain').send(help);
    },
  });
  defineRoute(router, '/page/:version/*path', { GET: (req, res) => sendFile(req, res, page) });
}

function sendPage(res: Response, { html, version }: Page): void {
  res.set({ ...HEADERS, 'Cache-Control': 'no-cache', ETag: `"${version}"` });
  res.type('text/html').send(html);
}

function sendFile(req: Request, res: Response, { version, files }: Page): void {
  const { path } = req.params;
  const file = files.get(Array.isArray(path) ? path.join('/') : String(path));
  if (req.params.version !== version || !file) {
    throw new HeraldError('route_not_found', `There is no ${req.path}; GET / shows the page as it is now`);
  }
  res.set({ ...HEADERS, 'Cache-Control': 'public, max-age=31536000, immutable' });
  res.set('Content-Type', file.type).send(file.content);
}
