import type { IRouter, RequestHandler } from 'express';
import { HeraldError } from '../errors';

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const;
type Handlers = Partial<Record<(typeof METHODS)[number] | 'OPTIONS', RequestHandler | RequestHandler[]>>;

/**
 * Adds a path with its handlers. Every other method on it is answered: OPTIONS with the methods that it has, the rest
 * with 405; both carry `Allow` (RFC 9110 §10.2.1).
 */
export function defineRoute(router: IRouter, path: string, handlers: Handlers): void {
  const route = router.route(path);
  if (handlers.GET) route.get(handlers.GET);
  if (handlers.POST) route.post(handlers.POST);
  if (handlers.PATCH) route.patch(handlers.PATCH);
  if (handlers.DELETE) route.delete(handlers.DELETE);
  if (handlers.OPTIONS) route.options(handlers.OPTIONS);
  const methods = METHODS.filter((method) => handlers[method]);
  const allow = [
    ...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
    'OPTIONS',
  ].join(', ');
  route.all((req, res) => {
    res.set('Allow', allow);
    if (req.method === 'OPTIONS') {
      res.status(204).end();
      return;
    }
    throw new HeraldError('method_not_allowed', `${req.method} is not possible here; use one of ${allow}`);
  });
}
