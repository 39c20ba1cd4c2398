/** Values of the examples, so that those of different routes fit together. */
export const EVENT_URL = 'http://localhost:8000/event';
export const MESSAGE_ID = 'msg_019f2b1a40007a3f8c6d2e5b9047f1c8';
export const TIMESTAMP = '2026-08-04T12:00:00.123456+00:00';
export const DELIVERED = { url: EVENT_URL, status: 200, durationMs: 12 };
export const UNDELIVERED = {
  url: 'http://localhost:9000/hook',
  outcome: 'connection_refused' as const,
  stored: true,
};
export const SETTINGS = {
  delivery: 'push' as const,
  redelivery: true,
  maxInFlight: 16,
  maxPerSecond: null,
  backlog: { maxMessages: 100_000, maxAgeSeconds: 604_800, overflow: 'drop_oldest' as const },
  paused: false,
};
export const SUBSCRIBER = {
  url: EVENT_URL,
  topics: ['orders'],
  state: 'live' as const,
  inFlight: 0,
  pending: 0,
  lastError: null,
  failingSince: null,
  nextAttemptAt: null,
  disabled: null,
  settings: SETTINGS,
};
export const MESSAGE = { id: MESSAGE_ID, topic: 'orders', timestamp: TIMESTAMP, data: { order: 4711 } };
