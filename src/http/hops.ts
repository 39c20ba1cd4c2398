import type { Request } from 'express';
import { HeraldError } from '../errors';

/** How many servers of this kind a message has passed, on every push. */
export const HOPS_HEADER = 'herald-hops';

/** More than this is a loop: a topic whose subscriber publishes to it again, be it by a detour. */
const MAX_HOPS = 5;

/**
 * How many servers of this kind a message to publish has passed.
 *
 * @throws HeraldError `too_many_hops`
 */
export function hopsOf(req: Request): number {
  const header = req.get(HOPS_HEADER);
  if (header === undefined) return 0;
  const hops = /^\d{1,3}$/.test(header) ? Number(header) : Infinity;
  if (hops <= MAX_HOPS) return hops;
  throw new HeraldError(
    'too_many_hops',
    `The message has passed more than ${MAX_HOPS} servers of this kind: a subscriber publishes it again, in a circle`,
  );
}
