import { pollBuiltIn, toggleBuiltIn, useAction } from '../lib/actions.js';
import { clockTime } from '../lib/format.js';
import { overview, received } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { html } from './html.js';
import { NoteLine } from './notes.js';

/** Characters of a message that are shown here; the tail shows more. */
const SHOWN_LENGTH = 300;

/** The server's own subscriber: on or off, and what it has received. */
export function BuiltIn() {
  const { overview: latest } = useSlice(overview);
  const messages = useSlice(received);
  const { isBusy, note, run } = useAction();
  const toggle = () => run(async () => ({ tone: 'plain', text: (await toggleBuiltIn()).message }));
  const poll = () => run(async () => ({ tone: 'plain', text: await pollBuiltIn() }));
  const isOn = latest?.builtIn.accepting ?? true;
  return html`<section class="panel" id="built-in" aria-labelledby="built-in-title">
    <h2 id="built-in-title">Built-in subscriber</h2>
    <p class="url muted">${latest?.builtIn.url ?? ''}</p>
    <div class="submit">
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked=${isOn}
        aria-disabled=${isBusy}
        onClick=${toggle}
      >
        <span class="knob" aria-hidden="true"></span>${isOn ? 'Accepting' : 'Off: answers 503'}
      </button>
      <button type="button" aria-disabled=${isBusy} onClick=${poll}>Fetch what waits</button>
    </div>
    <${NoteLine} note=${note} />
    <h3>Received</h3>
    ${
      messages.length === 0
        ? html`<p class="empty">Nothing yet. What is pushed to it appears here as it arrives.</p>`
        : html`<ol class="received" tabindex="0" aria-label="Messages received, the newest first">
            ${messages.map(
              ({ key, topic, data, isTruncated, at, isPolled }) =>
                html`<li key=${key}>
                  <span class="muted">${clockTime(at)} ${isPolled && 'fetched'}</span> <b>${topic}</b>
                  <code
                    >${data.slice(0, SHOWN_LENGTH)}${(isTruncated || data.length > SHOWN_LENGTH) && '…'}</code
                  >
                </li>`,
            )}
          </ol>`
    }
  </section>`;
}
