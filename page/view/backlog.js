/** @import { Note, PolledMessage, ReplayAnswer } from '../types' */
import { useEffect, useRef, useState } from 'preact/hooks';
import { backlogOf, pendingOf, purge, replay, useAction } from '../lib/actions.js';
import { errorText } from '../lib/api.js';
import { count, counted, milliseconds, shortUrl } from '../lib/format.js';
import { outcomeText } from '../lib/words.js';
import { Age } from './clock.js';
import { ConfirmDialog } from './dialog.js';
import { html } from './html.js';
import { NoteLine } from './notes.js';

const SHOWN = 20;

/** @typedef {{ messages: readonly PolledMessage[], fault: string | null }} Listing */

/**
 * @param {string} url
 * @param {string} version reads it again when this changes
 */
function useBacklog(url, version) {
  const [listing, setListing] = useState(/** @type {Listing | null} */ (null));
  useEffect(() => {
    let isCurrent = true;
    const read = async () => {
      /** @type {Listing} */
      let next;
      try {
        next = { messages: (await backlogOf(url, SHOWN)).messages, fault: null };
      } catch (error) {
        next = { messages: [], fault: errorText(error) };
      }
      if (isCurrent) setListing(next);
    };
    void read();
    return () => {
      isCurrent = false;
    };
  }, [url, version]);
  return listing;
}

/**
 * What waits for a subscriber: to be looked at, pushed one by one, or deleted.
 *
 * @param {{ url: string, pending: number, oldestPendingAt: string | null }} props
 */
export function Backlog({ url, pending, oldestPendingAt }) {
  const [changes, setChanges] = useState(0);
  const listing = useBacklog(url, `${pending} ${oldestPendingAt ?? ''} ${changes}`);
  const { isBusy, note, run } = useAction();
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  // What was pressed goes with its message; the focus stays nearby.
  const changed = () => {
    setChanges((before) => before + 1);
    place.current?.focus({ preventScroll: true });
  };
  const [asked, setAsked] = useState(/** @type {number | null} */ (null));
  const ask = () =>
    run(async () => {
      setAsked(await pendingOf(url));
      return null;
    });
  const confirm = () => {
    setAsked(null);
    void run(async () => {
      const purged = await purge(url);
      changed();
      return { tone: 'plain', text: `Purged ${counted(purged, 'message')}` };
    });
  };
  /** @param {string} id */
  const replayOne = (id) =>
    run(async () => {
      const { received, ...result } = await replay(url, id);
      if (received) changed();
      return replayNote(received, result);
    });
  if (!listing) return html`<p class="muted">Reading the backlog …</p>`;
  return html`<div ref=${place} class="backlog" tabindex="-1">
    <${NoteLine} note=${listing.fault === null ? note : { tone: 'bad', text: listing.fault }} />
    <${WaitingList} url=${url} messages=${listing.messages} onReplay=${replayOne} />
    <div class="submit">
      ${pending > SHOWN && html`<span class="muted">The oldest ${SHOWN} of ${count(pending)}</span>`}
      ${
        pending > 0 &&
        html`<button type="button" class="danger" aria-disabled=${isBusy} onClick=${ask}>Purge …</button>`
      }
    </div>
    ${
      asked !== null &&
      html`<${ConfirmDialog}
        title=${`Purge ${counted(asked, 'message')}?`}
        text=${`What waits for ${shortUrl(url)} is deleted, and will never reach it.`}
        action=${`Purge ${counted(asked, 'message')}`}
        onConfirm=${confirm}
        onCancel=${() => setAsked(null)}
      />`
    }
  </div>`;
}

/** @param {{ url: string, messages: readonly PolledMessage[], onReplay: (id: string) => void }} props */
function WaitingList({ url, messages, onReplay }) {
  if (messages.length === 0) {
    return html`<p class="empty">
      Nothing waits. What it does not receive is kept here until it is redelivered or polled.
    </p>`;
  }
  return html`<ol class="waiting" aria-label=${`What waits for ${shortUrl(url)}, the oldest first`}>
    ${messages.map(
      (message) => html`<${WaitingMessage} key=${message.id} message=${message} onReplay=${onReplay} />`,
    )}
  </ol>`;
}

/**
 * @param {boolean} received
 * @param {Omit<ReplayAnswer, 'received'>} result
 * @returns {Note}
 */
function replayNote(received, { durationMs, ...result }) {
  const took = durationMs === undefined ? '' : ` in ${milliseconds(durationMs)}`;
  const text = outcomeText(result) + took;
  return received ? { tone: 'good', text } : { tone: 'bad', text: `${text}; it goes on waiting` };
}

/** @param {{ message: PolledMessage, onReplay: (id: string) => void }} props */
function WaitingMessage({ message: { id, topic, timestamp, reason, data }, onReplay }) {
  return html`<li>
    <span class="muted"><${Age} since=${timestamp} /></span>
    <b>${topic}</b>
    <code title=${id}>${data.slice(0, 300)}</code>
    ${reason !== undefined && html`<span class="muted">set aside: ${reason}</span>`}
    <button type="button" aria-label=${`Replay the message ${id}`} onClick=${() => onReplay(id)}>
      Replay
    </button>
  </li>`;
}
