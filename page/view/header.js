/** @import { Connection } from '../types' */
import { access, setToken } from '../lib/api.js';
import { duration, timeOf } from '../lib/format.js';
import { connection, follow, overview, retryNow } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { useSeconds } from './clock.js';
import { html } from './html.js';

/** What this is, how it stands, and ways to the parts of the page. */
export function Header() {
  const { overview: latest } = useSlice(overview);
  const { hasToken } = useSlice(access);
  const forget = () => {
    setToken('');
    void follow();
  };
  return html`<header class="top">
    <h1>
      <svg class="logo" viewBox="0 0 16 16" aria-hidden="true">
        <rect width="16" height="16" rx="4" />
        <path d="M4 12V4M4 8h4M12 4v8" />
        <circle cx="8" cy="8" r="1.6" />
      </svg>
      Herald ${latest && html`<small>${latest.version}</small>`}
    </h1>
    <nav aria-label="Parts of the page">
      <a href="#topics">Topics</a><a href="#publish">Publish</a><a href="#built-in">Built-in</a
      ><a href="#tail">Tail</a>
    </nav>
    <div class="standing">
      ${latest && html`<${Uptime} startedAt=${latest.startedAt} />`}
      ${hasToken && html`<button type="button" class="quiet" onClick=${forget}>Forget token</button>`}
      <${ConnectionState} />
    </div>
  </header>`;
}

/** @param {{ startedAt: string }} props */
function Uptime({ startedAt }) {
  const up = useSeconds() - timeOf(startedAt);
  return html`<span class="uptime" title=${`Started ${startedAt}`}>up ${duration(up)}</span>`;
}

function ConnectionState() {
  const state = useSlice(connection);
  useSlice(access);
  return html`<span class="connection-line">
    <span role="status" class=${`connection connection-${state.status}`}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        ${
          state.status === 'live'
            ? html`<circle cx="6" cy="6" r="4.5" fill="currentColor" />`
            : html`<circle
                cx="6"
                cy="6"
                r="4"
                fill="none"
                stroke="currentColor"
                stroke-width="2"
                stroke-dasharray="3 2.3"
              />`
        }
      </svg>
      ${connectionText(state)}
    </span>
    ${
      state.status === 'waiting' &&
      html`<${RetryIn} at=${state.retryAt} /><button type="button" onClick=${retryNow}>Try now</button>`
    }
  </span>`;
}

/** @param {{ at: number }} props */
function RetryIn({ at }) {
  useSeconds();
  return html`<span class="muted">in ${duration(Math.max(1000, at - Date.now()))}</span>`;
}

/** @param {Connection} state */
function connectionText(state) {
  switch (state.status) {
    case 'live':
      return 'Live';
    case 'connecting':
      return 'Connecting';
    case 'resting':
      return 'Resting while hidden';
    case 'refused':
      return state.reason === null ? tokenText(access.value) : `Refused: ${state.reason}`;
    default:
      return `${state.reason}; trying again`;
  }
}

/**
 * Only what is the matter: beside its field stands what to do.
 *
 * @param {{ isNeeded: boolean, hasToken: boolean }} access
 */
function tokenText({ isNeeded, hasToken }) {
  if (!isNeeded) return 'Connecting';
  return hasToken ? 'Token refused' : 'No token';
}
