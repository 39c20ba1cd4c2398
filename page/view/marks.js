/** @import { QueueState } from '../types' */
import { STATES } from '../lib/words.js';
import { html } from './html.js';

/** A shape for each state, so that none is told by its colour alone. */
const STATE_SHAPES = {
  live: html`<circle cx="6" cy="6" r="4.5" fill="currentColor" />`,
  draining: html`<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.6" /><path
      d="M6 2a4 4 0 0 0 0 8z"
      fill="currentColor"
    />`,
  offline: html`<path d="M6 1 11.5 11H.5z" fill="currentColor" />`,
  paused: html`<path d="M2.5 1.5h2.5v9H2.5zM7 1.5h2.5v9H7z" fill="currentColor" />`,
  disabled: html`<path
    d="M2 2l8 8M10 2l-8 8"
    stroke="currentColor"
    stroke-width="2.4"
    stroke-linecap="round"
  />`,
  poll: html`<path d="M6 1l5 5-5 5-5-5z" fill="none" stroke="currentColor" stroke-width="1.6" />`,
};

const TONE_SHAPES = {
  good: html`<path d="M1.5 6.5l3 3 6-7" fill="none" stroke="currentColor" stroke-width="2" />`,
  bad: html`<path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="2" />`,
  waiting: html`<circle cx="6" cy="6" r="4.7" fill="none" stroke="currentColor" stroke-width="1.5" /><path
      d="M6 3v3l2 1.5"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
    />`,
};

/** @param {{ state: QueueState }} props */
export function StateMark({ state }) {
  const { label, title } = STATES[state];
  return html`<span class=${`state state-${state}`} title=${title}>
    <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">${STATE_SHAPES[state]}</svg>${label}
  </span>`;
}

/** @param {{ tone: 'good' | 'bad' | 'waiting' }} props */
export function ToneMark({ tone }) {
  return html`<svg class=${`mark tone-${tone}`} viewBox="0 0 12 12" aria-hidden="true">
    ${TONE_SHAPES[tone]}
  </svg>`;
}
