/** @import { Note, PublishAnswer, ReplayAnswer } from '../types' */
import { useState } from 'preact/hooks';
import { deadline, errorText, request, requestJson } from './api.js';
import { receive, refreshSoon } from './live.js';
import { polledMessages } from './polled-messages.js';

/**
 * @param {string} topic
 * @param {string} body the JSON text, which is sent as it is
 * @returns {Promise<PublishAnswer>}
 */
export async function publish(topic, body) {
  return await requestJson(`publish/${encodeURIComponent(topic)}`, { method: 'POST', body });
}

/**
 * @param {string} topic
 * @param {string} url
 * @returns {Promise<{ message: string, secret?: string, token?: string }>} both only the first time
 */
export async function subscribe(topic, url) {
  const body = JSON.stringify({ url });
  return await requestJson(`subscribe/${encodeURIComponent(topic)}`, { method: 'POST', body });
}

/**
 * @param {string} topic
 * @param {string} url
 * @returns {Promise<{ message: string }>}
 */
export async function unsubscribe(topic, url) {
  const body = JSON.stringify({ url });
  return await requestJson(`unsubscribe/${encodeURIComponent(topic)}`, { method: 'POST', body });
}

/** @returns {Promise<{ message: string, accepting: boolean }>} */
export async function toggleBuiltIn() {
  return await requestJson('toggle_post_event', { method: 'POST' });
}

/** @returns {Promise<string>} what the server says */
export async function pollBuiltIn() {
  const { signal, lift } = deadline();
  const response = await request('event', { signal });
  // What it holds counts as received; so it is read, however slowly it comes.
  lift();
  const { messages, message } = polledMessages(await response.text());
  for (const { topic, data } of messages) receive(topic, data, { isTruncated: false, isPolled: true });
  return message;
}

/**
 * @param {string} url
 * @param {boolean} paused
 */
export async function setPaused(url, paused) {
  await request('subscriber', { method: 'PATCH', query: { url }, body: JSON.stringify({ paused }) });
}

/**
 * @param {string} url
 * @returns {Promise<number>} how many wait now
 */
export async function pendingOf(url) {
  /** @type {{ pending: number }} */
  const { pending } = await requestJson('subscriber', { query: { url } });
  return pending;
}

/**
 * @param {string} url
 * @returns {Promise<number>} how many there were
 */
export async function purge(url) {
  /** @type {{ purged: number }} */
  const { purged } = await requestJson('subscriber/messages', { method: 'DELETE', query: { url } });
  return purged;
}

/**
 * @param {string} url
 * @param {number} limit
 */
export async function backlogOf(url, limit) {
  const response = await request('subscriber/messages', { query: { url, limit: String(limit) } });
  return polledMessages(await response.text());
}

/**
 * @param {string} url
 * @param {string} id
 * @returns {Promise<ReplayAnswer>}
 */
export async function replay(url, id) {
  return await requestJson('subscriber/replay', {
    method: 'POST',
    query: { url },
    body: JSON.stringify({ id }),
  });
}

/**
 * Runs actions one at a time, and keeps what came of the latest, to be shown beside what was pressed.
 *
 * @returns {{ isBusy: boolean, note: Note | null, run: (action: () => Promise<Note | null>) => Promise<void>, clear: () => void }}
 */
export function useAction() {
  const [isBusy, setBusy] = useState(false);
  const [note, setNote] = useState(/** @type {Note | null} */ (null));
  /** @param {() => Promise<Note | null>} action */
  const run = async (action) => {
    if (isBusy) return;
    setBusy(true);
    try {
      setNote(await action());
    } catch (error) {
      setNote({ tone: 'bad', text: errorText(error) });
    }
    setBusy(false);
    refreshSoon();
  };
  return { isBusy, note, run, clear: () => setNote(null) };
}
