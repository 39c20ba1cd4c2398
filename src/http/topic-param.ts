import type { Request } from 'express';
import { parseTopic } from '../broker/topic';

/**
 * The topic in a request's path.
 *
 * @throws HeraldError `invalid_topic`
 */
export function topicParam(req: Request): string {
  const param = req.params.topic;
  return parseTopic(typeof param === 'string' ? param : '');
}
