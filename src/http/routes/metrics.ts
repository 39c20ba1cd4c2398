import type { ErrorRequestHandler, IRouter } from 'express';
import type { Metrics } from '../../metrics/metrics';
import type { Tallies } from '../../metrics/tallies';
import { checkAdmin } from '../auth/authenticate';
import { defineRoute } from '../define-route';
import { toHeraldError } from '../middleware/error-handler';

/** What Prometheus scrapes. */
export function metricsRoutes(router: IRouter, { metrics }: { readonly metrics: Metrics }): void {
  defineRoute(router, '/metrics', {
    GET: async (req, res) => {
      checkAdmin(req, res);
      const { contentType, text } = await metrics.scrape();
      res.set('Content-Type', contentType).send(text);
    },
  });
}

/** Counts errors by their code. To be mounted before the handler that answers them. */
export function countErrors(tallies: Tallies): ErrorRequestHandler {
  return (error: unknown, _req, _res, next) => {
    tallies.requestFailed(toHeraldError(error).code);
    next(error);
  };
}
