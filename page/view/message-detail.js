/** @import { TailEntry } from '../types' */
/** @import { TailLog } from '../lib/tail-log.js' */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { replay, useAction } from '../lib/actions.js';
import { bytes, clockTime, milliseconds, shortUrl } from '../lib/format.js';
import { indent } from '../lib/json-text.js';
import { outcomeText, toneOf } from '../lib/words.js';
import { html } from './html.js';
import { ToneMark } from './marks.js';
import { NoteLine } from './notes.js';
import { Url } from './url.js';

/**
 * One event, and the message that it is about with all that is known of it.
 *
 * @param {{ entry: TailEntry, log: TailLog, onClose: () => void }} props
 */
export function MessageDetail({ entry, log, onClose }) {
  const close = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useLayoutEffect(() => close.current?.focus(), [entry.key]);
  const { messageId } = entry.data;
  const related = messageId === undefined ? [entry] : log.about(messageId);
  const source =
    related.find(({ data }) => data.data !== undefined) ?? (entry.data.data === undefined ? null : entry);
  const attempts = related.filter(({ name }) => name === 'delivery.attempted');
  /** @param {KeyboardEvent} event */
  const keydown = (event) => {
    if (event.key === 'Escape') onClose();
  };
  return html`<aside class="detail" aria-label="The event in detail" onKeyDown=${keydown}>
    <div class="panel-head">
      <h3>${source ? 'Message' : 'Event'}</h3>
      <button ref=${close} type="button" class="quiet" onClick=${onClose}>Close <kbd>Esc</kbd></button>
    </div>
    <dl class="pairs">
      ${
        messageId !== undefined &&
        html`<dt>Id</dt>
          <dd class="url">${messageId}</dd>`
      }
      ${
        entry.data.topic !== undefined &&
        html`<dt>Topic</dt>
          <dd>${entry.data.topic}</dd>`
      }
      <dt>Time</dt>
      <dd>${entry.data.timestamp ?? entry.data.at ?? clockTime(entry.at)}</dd>
    </dl>
    ${source ? html`<${Data} entry=${source} />` : html`<${OtherData} entry=${entry} />`}
    ${attempts.length > 0 && messageId !== undefined && html`<${Attempts} id=${messageId} attempts=${attempts} />`}
  </aside>`;
}

/** @param {{ entry: TailEntry }} props */
function Data({ entry: { data } }) {
  const { data: text = '', isTruncated, dataBytes } = data;
  return html`<pre class="data" tabindex="0" aria-label="The message's data">
${indent(text)}${isTruncated && '…'}</pre>
    <p class="muted">
      ${
        isTruncated
          ? `The first ${text.length.toLocaleString('en')} characters${dataBytes === undefined ? '' : ` of ${bytes(dataBytes)}`}; a subscriber gets all of it`
          : dataBytes !== undefined && bytes(dataBytes)
      }
    </p>`;
}

/** @param {{ entry: TailEntry }} props */
function OtherData({ entry: { name, data } }) {
  const { messageId, topic, at, timestamp, ...rest } = data;
  const isOfMessage = messageId !== undefined && (topic ?? at ?? timestamp) !== undefined;
  return html`<pre class="data" tabindex="0" aria-label="The event's data">
${name} ${indent(JSON.stringify(rest))}</pre>
    ${isOfMessage && html`<p class="muted">Its message was published before this page was opened, or too long ago.</p>`}`;
}

/** @param {{ id: string, attempts: TailEntry[] }} props */
function Attempts({ id, attempts }) {
  const { isBusy, note, run } = useAction();
  const latest = new Map(attempts.map((attempt) => [attempt.data.subscriber, attempt.key]));
  /** @param {string} url */
  const again = (url) =>
    run(async () => {
      const { received, ...answer } = await replay(url, id);
      return { tone: received ? 'good' : 'bad', text: outcomeText(answer) };
    });
  return html`<h3>Attempts</h3>
    <ol class="outcomes">
      ${attempts.slice(-50).map(({ key, at, data }) => {
        const { subscriber = '', outcome = '', durationMs } = data;
        const took = durationMs === undefined ? '' : `, ${milliseconds(durationMs)}`;
        const said = `${clockTime(at)} · ${outcomeText(data)}${took}`;
        const canReplay = outcome !== 'delivered' && latest.get(subscriber) === key;
        return html`<li key=${key}>
          <${ToneMark} tone=${toneOf(outcome)} />
          <${Url} url=${subscriber} />
          <span class="muted">${said}</span>
          ${
            canReplay &&
            html`<button
              type="button"
              aria-disabled=${isBusy}
              aria-label=${`Replay it to ${shortUrl(subscriber)}`}
              onClick=${() => again(subscriber)}
            >
              Replay
            </button>`
          }
        </li>`;
      })}
    </ol>
    <${NoteLine} note=${note} />`;
}
