import type { TimestampSource } from '../timestamp';
import type { BacklogDrainDeps } from './backlog-drain';
import type { BacklogWriterDeps } from './backlog-writer';
import type { LiveDeliveriesDeps } from './live-deliveries';
import type { QueueModeDeps } from './queue-mode';
import type { ReceivedMarkerDeps } from './received-marker';
import type { HealthDeps } from './subscriber-health';

/** What a SubscriberQueue and its parts need. */
export interface SubscriberQueueDeps
  extends
    QueueModeDeps,
    BacklogDrainDeps,
    BacklogWriterDeps,
    LiveDeliveriesDeps,
    ReceivedMarkerDeps,
    Omit<HealthDeps, 'change'> {
  readonly timestamps: TimestampSource;
  /** Told whenever a message is no longer on its way. */
  readonly onSettled: (url: string) => void;
}
