import type { IRouter } from 'express';
import type { BuiltInSubscriber } from '../../broker/built-in-subscriber';
import type { Overview } from '../../broker/overview';
import type { Clock } from '../../clock';
import { formatTime } from '../../timestamp';
import { programVersion } from '../../version';
import { checkAdmin } from '../auth/authenticate';
import { defineRoute } from '../define-route';

export interface OverviewRoutesDeps {
  readonly overview: Overview;
  readonly builtIn: BuiltInSubscriber;
  readonly clock: Clock;
}

/** Everything at a glance. */
export function overviewRoutes(router: IRouter, { overview, builtIn, clock }: OverviewRoutesDeps): void {
  const startedAt = formatTime(clock.now());
  const version = programVersion();
  defineRoute(router, '/overview', {
    GET: async (req, res) => {
      checkAdmin(req, res);
      const everything = await overview.take();
      const { urls, accepting } = builtIn;
      res.json({ version, startedAt, builtIn: { url: urls[0], accepting }, ...everything });
    },
  });
}
