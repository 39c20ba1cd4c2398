/** @import { QueueState } from '../types' */

/** @type {Readonly<Record<QueueState, { label: string, title: string, isTrouble: boolean }>>} */
export const STATES = {
  live: { label: 'Live', title: 'Messages are pushed as they are published', isTrouble: false },
  draining: {
    label: 'Catching up',
    title: 'What waited is being redelivered, oldest first',
    isTrouble: false,
  },
  offline: { label: 'Offline', title: 'It fails; messages wait until it answers again', isTrouble: true },
  paused: { label: 'Paused', title: 'Messages wait until it is resumed', isTrouble: false },
  disabled: { label: 'Disabled', title: 'Nothing is pushed until it subscribes again', isTrouble: true },
  poll: { label: 'Polls', title: 'It fetches its messages itself', isTrouble: false },
};

/** The outcomes of a delivery, for the filter. */
export const OUTCOMES = [
  'delivered',
  'http_status',
  'redirect_refused',
  'timeout',
  'connection_refused',
  'connection_reset',
  'dns_error',
  'tls_error',
  'blocked_address',
  'response_too_large',
  'circuit_open',
  'queued',
  'paused',
  'disabled',
  'poll_only',
  'still_running',
  'dropped',
  'store_failed',
];

/** Outcomes in which nobody failed: the message only waits. */
const WAITING = new Set(['circuit_open', 'queued', 'paused', 'disabled', 'poll_only', 'still_running']);

/**
 * @param {string} outcome
 * @returns {'good' | 'waiting' | 'bad'}
 */
export function toneOf(outcome) {
  if (outcome === 'delivered') return 'good';
  return WAITING.has(outcome) ? 'waiting' : 'bad';
}

/**
 * An outcome in words, with the status that came with it.
 *
 * @param {{ readonly outcome?: string, readonly status?: number }} result
 */
export function outcomeText({ outcome = 'delivered', status }) {
  if (outcome === 'http_status') return `HTTP ${status ?? 'error'}`;
  const words = outcome.replaceAll('_', ' ');
  return status === undefined ? words : `${words} ${status}`;
}
