import { Pacer } from '../delivery/pacer';
import type { SubscriberRecord } from '../model';
import type { SubscriberQueueDeps } from './queue-deps';
import { QueueMode } from './queue-mode';
import { SubscriberHealth } from './subscriber-health';

/** How a subscriber's queue stands at first: as its record and its settings say. */
export function newQueueMode(deps: SubscriberQueueDeps, url: string): QueueMode {
  const change = (changes: Partial<SubscriberRecord>) => {
    void deps.change(url, changes);
    mode.noteState();
  };
  const allowRate = (maxPerSecond: number | null) => deps.allowRate(url, maxPerSecond);
  const keptFailingSince = () => deps.recordOf(url).failingSince;
  const health = new SubscriberHealth({ ...deps, change, allowRate, keptFailingSince });
  const pacer = new Pacer(deps.clock, deps.settingsOf(url).maxPerSecond);
  const mode = new QueueMode(deps, url, health, pacer);
  return mode;
}
