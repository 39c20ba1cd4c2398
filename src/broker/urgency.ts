import type { SubscriberRecord } from '../model';
import type { QueueStatus } from './queue-mode';

/** How a subscriber stands, as far as it matters to who should look at it. */
type Standing = Pick<QueueStatus, 'state' | 'failingSince'>;

/** 0: asks for a look most; null: nothing is wrong. Those that were given up are told by their records. */
function urgencyOf({ state, failingSince }: Standing): 0 | 1 | 2 | 3 | null {
  if (state === 'offline') return 0;
  const isFailing = failingSince !== null;
  switch (state) {
    case 'live':
      return isFailing ? 1 : null;
    case 'draining':
      return isFailing ? 1 : 2;
    case 'paused':
    case 'poll':
      return isFailing ? 3 : null;
    case 'disabled':
      return null;
  }
}

function isHeld({ settings }: SubscriberRecord): boolean {
  return settings.paused === true || settings.delivery === 'poll';
}

/**
 * Who is in trouble, the worst off first: those that are offline, those that are failing, those that were given up, those
 * that are catching up, and those that failed until they were paused. The same one may come twice. Costs the number of
 * queues and of records.
 */
export function byUrgency(
  queues: Iterable<readonly [url: string, queue: { readonly status: Standing }]>,
  records: Iterable<SubscriberRecord>,
): readonly string[] {
  const offline: string[] = [];
  const failing: string[] = [];
  const disabled: string[] = [];
  const catchingUp: string[] = [];
  const failedBefore: string[] = [];
  const ranks = [offline, failing, catchingUp, failedBefore] as const;
  for (const [url, { status }] of queues) {
    const urgency = urgencyOf(status);
    if (urgency !== null) ranks[urgency].push(url);
  }
  for (const record of records) {
    if (record.disabled) disabled.push(record.subscriber);
    // After a restart one that has no backlog has no queue yet.
    else if (record.failingSince !== null) (isHeld(record) ? failedBefore : failing).push(record.subscriber);
  }
  return [...offline, ...failing, ...disabled, ...catchingUp, ...failedBefore];
}
