/** @import { Connection, Overview, ServerEvent, Stats, TailData } from '../types' */
import { access, ApiError, errorText, request } from './api.js';
import { timeOf } from './format.js';
import { Rates } from './rates.js';
import { Slice } from './slice.js';
import { StatsSeries } from './stats-series.js';
import { TailLog } from './tail-log.js';
import { TailReader } from './tail-reader.js';

const RECEIVED_KEPT = 50;
const REFRESH_MS = 3000;
const REFRESH_SOONEST_MS = 250;
/** Rows that come by faster than this cannot be read, and drawing them takes most of what the page takes. */
const EVENTS_REST_MS = 100;
/** The server may answer what it knew this long ago. */
const ANSWER_AGE_MS = 300;
/** A page that is hidden for longer gives its connection back: a browser has six for all tabs of a server. */
const HIDDEN_MS = 10_000;

/** Events after which the overview is no longer true. */
const CHANGING = new Set([
  'subscriber.state_changed',
  'subscription.created',
  'subscription.ended',
  'message.set_aside',
  'backlog.dropped',
  'event.toggled',
  'delivery.attempted',
]);

export const connection = new Slice(/** @type {Connection} */ ({ status: 'connecting' }));
export const overview = new Slice(
  /** @type {{ overview: Overview | null, fault: string | null }} */ ({ overview: null, fault: null }),
);
export const tail = new Slice(new TailLog(), { restMs: EVENTS_REST_MS });
export const stats = new Slice(new StatsSeries());
export const received = new Slice(
  /** @type {{ key: number, topic: string, data: string, isTruncated: boolean, at: number, isPolled: boolean }[]} */ ([]),
  { restMs: EVENTS_REST_MS },
);
export const rates = new Rates();

/** How far the server's clock is ahead of this one. */
let clockLeadMs = 0;
let receivedCount = 0;
let wasLive = false;

/** Unix milliseconds by the server's clock. */
export function now() {
  return Date.now() + clockLeadMs;
}

const reader = new TailReader({ onEvent: take, onChange: changeConnection });

/**
 * Begins to follow the server, or does so anew with another token; resolves when it refuses, as it does without a valid
 * one. A token is tried once before both are read by it.
 */
export async function follow() {
  await refreshing;
  await refresh();
  await reader.run();
}

export function retryNow() {
  reader.retryNow();
}

/** @param {Connection} next */
function changeConnection(next) {
  if (next.status === 'live') {
    if (wasLive) note('Connected again');
    wasLive = true;
    refreshSoon();
  }
  // Nothing broke.
  if (next.status === 'resting') wasLive = false;
  if (next.status === 'waiting' && connection.value.status === 'live') note(`${next.reason}; trying again`);
  connection.set(next);
}

/** @param {string} reason */
function note(reason) {
  tail.value.add('note', { reason }, now());
  tail.touch();
}

/** @param {ServerEvent} event */
function take({ name, data: text }) {
  if (name === 'stats') {
    stats.value.add(/** @type {Stats} */ (JSON.parse(text)), Date.now());
    stats.touch();
    return;
  }
  const data = /** @type {TailData} */ (JSON.parse(text));
  const time = data.at ?? data.timestamp;
  tail.value.add(name, data, time === undefined ? now() : timeOf(time));
  tail.touch();
  if (name === 'event.received') {
    receive(data.topic ?? '', data.data ?? '', { isTruncated: data.isTruncated === true, isPolled: false });
  }
  if (name === 'delivery.attempted' && data.subscriber !== undefined) rates.count(data.subscriber, now());
  if (CHANGING.has(name)) refreshSoon();
}

/**
 * Shows a message that the built-in subscriber has got.
 *
 * @param {string} topic
 * @param {string} data
 * @param {{ isTruncated: boolean, isPolled: boolean }} how
 */
export function receive(topic, data, how) {
  received.value.unshift({ key: receivedCount++, topic, data, at: now(), ...how });
  received.value.length = Math.min(received.value.length, RECEIVED_KEPT);
  received.touch();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Promise<void> | null} */
let refreshing = null;
let isStale = false;
let refreshedAt = 0;
let changedAt = 0;

/** Reads the overview soon, and at most a few times per second. */
export function refreshSoon() {
  changedAt = performance.now();
  if (refreshing) {
    isStale = true;
    return;
  }
  schedule(Math.max(0, refreshedAt + REFRESH_SOONEST_MS - performance.now()));
}

/** @param {number} delayMs */
function schedule(delayMs) {
  clearTimeout(timer);
  timer = setTimeout(() => void refresh(), delayMs);
}

/** Whether something happened that the overview that was asked for at `askedAt` may not show. */
function isBehind(/** @type {number} */ askedAt) {
  return isStale || askedAt < changedAt + ANSWER_AGE_MS;
}

function refresh() {
  refreshing ??= readOverview().finally(() => (refreshing = null));
  return refreshing;
}

async function readOverview() {
  isStale = false;
  const askedAt = performance.now();
  try {
    const response = await request('overview');
    learnClock(response);
    const next = /** @type {Overview} */ (await response.json());
    rates.retain(new Set(next.subscribers.map(({ url }) => url)));
    overview.set({ overview: next, fault: null });
  } catch (error) {
    // That the server is gone, or wants a token, is said once, at the top of the page.
    const isSaid = error instanceof ApiError && [0, 401].includes(error.status);
    overview.set({ overview: overview.value.overview, fault: isSaid ? null : errorText(error) });
  }
  refreshedAt = performance.now();
  if (!document.hidden && !access.value.isNeeded) schedule(isBehind(askedAt) ? ANSWER_AGE_MS : REFRESH_MS);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

function heedVisibility() {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(() => reader.rest(), HIDDEN_MS);
  } else {
    reader.goOn();
    refreshSoon();
  }
}

document.addEventListener('visibilitychange', heedVisibility);
if (document.hidden) heedVisibility();

/** @param {Response} response */
function learnClock(response) {
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (Number.isNaN(date)) return;
  // The header has whole seconds: less than two of them is no difference.
  const lead = date - Date.now();
  clockLeadMs = Math.abs(lead) < 2000 ? 0 : lead;
}
