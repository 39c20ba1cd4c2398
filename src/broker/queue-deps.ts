import type { BacklogDrainDeps } from './backlog-drain';
import type { BacklogWriterDeps } from './backlog-writer';
import type { LateMessages } from './late-messages';
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
    Omit<HealthDeps, 'change' | 'allowRate' | 'keptFailingSince'> {
  /** Told in each answer that names one what rate the subscriber wants; a failure to store it is the callee's to handle. */
  readonly allowRate: (url: string, maxPerSecond: number | null) => void;
  /** Told whenever a message is no longer on its way. */
  readonly onSettled: (url: string) => void;
  readonly late: LateMessages;
}
