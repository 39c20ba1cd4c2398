import type { IRouter } from 'express';
import type { MessageBroker } from '../../broker/message-broker';
import type { PublishResult } from '../../broker/publish-result';
import { defineRoute } from '../define-route';
import { jsonBodyReader } from '../json-body';
import { topicParam } from '../topic-param';

const RETRY_AFTER_SECONDS = '1';

/** Publishing: the body is passed on as it came. */
export function publishRoutes(router: IRouter, broker: MessageBroker): void {
  const readBody = jsonBodyReader(broker.maxMessageBytes);

  defineRoute(router, '/publish/:topic', {
    POST: async (req, res) => {
      const topic = topicParam(req);
      const { text } = await readBody(req, res);
      const result = await broker.publish(topic, text);
      if (isLost(result)) {
        res.status(503).set('Retry-After', RETRY_AFTER_SECONDS);
        res.json({ message: summary(result), code: 'store_unavailable', ...result });
        return;
      }
      res.status(result.undelivered.length === 0 ? 200 : 202).json({ message: summary(result), ...result });
    },
  });
}

function isLost({ undelivered }: PublishResult): boolean {
  return undelivered.some(({ stored }) => !stored);
}

function summary({ delivered, undelivered }: PublishResult): string {
  const total = delivered.length + undelivered.length;
  if (undelivered.length === 0) {
    return total === 1
      ? 'The subscriber received the message'
      : `All ${total} subscribers received the message`;
  }
  const missed = `${undelivered.length} of ${total} subscribers did not receive the message`;
  const lost = undelivered.filter(({ stored }) => !stored).length;
  if (lost === 0) return `${missed}; it is stored for them`;
  return `${missed}, and for ${lost} of them it could not be stored; publish it again`;
}
