import { Retention } from '../broker/retention';
import type { Subscribers } from '../broker/subscribers';
import type { Component } from '../lifecycle';
import type { Shared } from './shared';

/** What deletes expired messages and keys, as a part that is started and stopped. */
export function createRetention({ stores, ...deps }: Shared, subscribers: Subscribers): Component {
  const { idempotency } = stores;
  const tasks = [subscribers.deleteExpired.bind(subscribers), idempotency.deleteExpired.bind(idempotency)];
  const retention = new Retention({ ...deps, tasks });
  return { name: 'retention', start: () => retention.start(), stop: () => retention.stop() };
}
