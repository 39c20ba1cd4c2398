import type { SubscriptionManager } from '../broker/subscription-manager';
import type { Clock } from '../clock';
import type { Config } from '../config';
import type { EventBus } from '../events';
import type { Logger } from '../logger';
import type { Tallies } from '../metrics/tallies';
import type { Stores } from '../store/stores';
import type { TimestampSource } from '../timestamp';

/** What most parts need. */
export interface Shared {
  readonly config: Config;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timestamps: TimestampSource;
  readonly log: Logger;
  readonly events: EventBus;
  readonly subscriptions: SubscriptionManager;
  readonly tallies: Tallies;
}
