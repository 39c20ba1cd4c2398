/** @import { Subscriber } from '../types' */
import { useState } from 'preact/hooks';
import { setPaused, useAction } from '../lib/actions.js';
import { count, rate, shortUrl } from '../lib/format.js';
import { now, rates } from '../lib/live.js';
import { outcomeText } from '../lib/words.js';
import { Backlog } from './backlog.js';
import { Age, Countdown, useSeconds } from './clock.js';
import { html } from './html.js';
import { StateMark } from './marks.js';
import { NoteLine } from './notes.js';
import { Url } from './url.js';

/**
 * @typedef {object} RowProps
 * @property {string} url
 * @property {string | null} topic
 * @property {Subscriber | null} subscriber null: the server did not say how it does
 * @property {(topic: string, url: string) => void} onEnd
 * @property {(topic: string, url: string) => void} onEnable
 */

/**
 * One subscriber of one topic.
 *
 * @param {RowProps} props
 */
export function SubscriberRow({ url, topic, subscriber, onEnd, onEnable }) {
  const [isOpen, setOpen] = useState(false);
  const { isBusy, note, run, clear } = useAction();
  const name = shortUrl(url);
  const isPaused = subscriber?.state === 'paused';
  const pause = () =>
    run(async () => {
      await setPaused(url, !isPaused);
      return null;
    });
  return html`<li class=${`subscriber ${subscriber ? `is-${subscriber.state}` : ''}`}>
    <div class="subscriber-head">
      ${subscriber && html`<${StateMark} state=${subscriber.state} />`}
      <${Url} url=${url} />
      <span class="actions">
        ${
          subscriber &&
          html`<${RowButton}
              verb="Backlog"
              label=${`Backlog of ${name}`}
              isOpen=${isOpen}
              onClick=${() => setOpen(!isOpen)}
            />
            <${RowButton}
              verb=${isPaused ? 'Resume' : 'Pause'}
              label=${name}
              isBusy=${isBusy}
              onClick=${pause}
            />`
        }
        ${
          topic !== null &&
          html`${
              subscriber?.state === 'disabled' &&
              html`<${RowButton} verb="Enable" label=${name} onClick=${() => onEnable(topic, url)} />`
            }
            <${RowButton}
              verb="Unsubscribe"
              label=${`${name} from ${topic}`}
              onClick=${() => onEnd(topic, url)}
            />`
        }
      </span>
    </div>
    ${subscriber && html`<${Facts} subscriber=${subscriber} />`}
    <${NoteLine} note=${note} onClose=${clear} />
    ${isOpen && subscriber && html`<${Backlog} url=${url} pending=${subscriber.pending} oldestPendingAt=${subscriber.oldestPendingAt} />`}
  </li>`;
}

/**
 * @param {{ verb: string, label: string, isBusy?: boolean, isOpen?: boolean, onClick: () => void }} props
 */
function RowButton({ verb, label, isBusy, isOpen, onClick }) {
  const name = label.startsWith(verb) ? label : `${verb} ${label}`;
  return html`<button
    type="button"
    aria-label=${name}
    aria-expanded=${isOpen}
    aria-disabled=${isBusy}
    onClick=${onClick}
  >
    ${verb}
  </button>`;
}

/** @param {{ subscriber: Subscriber }} props */
function Facts({ subscriber }) {
  const { url, pending, oldestPendingAt, lastError, nextAttemptAt, failingSince, disabled, inFlight } =
    subscriber;
  return html`<dl class="facts">
    <div>
      <dt>Rate</dt>
      <dd>
        <${Rate}
          url=${url}
        />${inFlight > 0 && html`<span class="muted">, ${count(inFlight)} in flight</span>`}
      </dd>
    </div>
    <div class=${pending > 0 ? 'strong' : ''}>
      <dt>Waiting</dt>
      <dd>
        ${count(pending)}${
          oldestPendingAt !== null &&
          pending > 0 &&
          html`<span class="muted">, oldest <${Age} since=${oldestPendingAt} /></span>`
        }
      </dd>
    </div>
    <div>
      <dt>Last error</dt>
      <dd>
        ${
          lastError
            ? html`${outcomeText(lastError)}<span class="muted">, <${Age} since=${lastError.at} /> ago</span>`
            : html`<span class="muted">none</span>`
        }
      </dd>
    </div>
    <div>
      <dt>Next attempt</dt>
      <dd>${nextAttempt(nextAttemptAt, disabled, failingSince)}</dd>
    </div>
  </dl>`;
}

/**
 * @param {string | null} at
 * @param {Subscriber['disabled']} disabled
 * @param {string | null} failingSince
 */
function nextAttempt(at, disabled, failingSince) {
  if (disabled) return html`<span class="muted">none: ${disabled.reason}</span>`;
  if (at === null) return html`<span class="muted">–</span>`;
  return html`<${Countdown} until=${at} />${
      failingSince !== null && html`<span class="muted">, failing for <${Age} since=${failingSince} /></span>`
    }`;
}

/** @param {{ url: string }} props */
function Rate({ url }) {
  useSeconds();
  return html`${rate(rates.of(url, now()))}/s`;
}
