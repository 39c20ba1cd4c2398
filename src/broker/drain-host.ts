import type { QueueMode } from './queue-mode';
import type { Missed } from './queued-delivery';
import type { ReceivedMarker } from './received-marker';

/** The queue that owns a drain, as the drain sees it. */
export interface DrainHost {
  readonly url: string;
  readonly mode: QueueMode;
  readonly marker: ReceivedMarker;
  /** Before this position the backlog is complete. */
  readBound(): string;
  /** Whether any message is on its way, those left out that wait for the end of the backlog. */
  readonly isAnyUnsettled: boolean;
  /** How many copies were stored so far. */
  readonly storedCount: number;
  /** The end of the backlog is in memory, or, with `false`, it turned out to be further. */
  onEndInSight(isInSight: boolean): void;
  /** Nothing is left to push. Called in the same task in which that was found out. */
  onEmpty(): void;
  /** A push failed; the backlog waits. */
  onFailed(missed: Missed): void;
}
