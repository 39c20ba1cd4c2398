import { eventOperations } from '../routes/event.api';
import { healthOperations } from '../routes/health.api';
import { publishOperations } from '../routes/publish.api';
import { referenceOperations } from '../routes/reference.api';
import { subscriberOperations } from '../routes/subscriber.api';
import { subscriptionOperations } from '../routes/subscriptions.api';
import { watchingOperations } from '../routes/watching.api';
import type { Operation } from './operation';

/** All that can be asked of the server. A test compares it with the routes that there are. */
export const OPERATIONS: readonly Operation[] = [
  ...publishOperations,
  ...subscriptionOperations,
  ...subscriberOperations,
  ...eventOperations,
  ...watchingOperations,
  ...healthOperations,
  ...referenceOperations,
];
