import type { BacklogSettings, StoredSettings, SubscriberSettings } from '../model';

/** What holds for a subscriber that set nothing. */
export const SETTINGS_DEFAULTS: SubscriberSettings = {
  delivery: 'push',
  redelivery: true,
  maxInFlight: 16,
  maxPerSecond: null,
  backlog: { maxMessages: 100_000, maxAgeSeconds: 604_800, overflow: 'drop_oldest' },
  paused: false,
};

/** The settings in force: what was set, and the defaults for the rest. */
export function effectiveSettings(stored: StoredSettings, defaults: SubscriberSettings): SubscriberSettings {
  if (Object.keys(stored).length === 0) return defaults;
  const backlog: BacklogSettings = { ...defaults.backlog, ...stored.backlog };
  return { ...defaults, ...stored, backlog };
}

/** What was set before, with `changes` on top. */
export function mergeSettings(stored: StoredSettings, changes: StoredSettings): StoredSettings {
  const backlog = { ...stored.backlog, ...changes.backlog };
  return { ...stored, ...changes, ...(Object.keys(backlog).length > 0 && { backlog }) };
}
