/** @import { Note } from '../types' */
import { html } from './html.js';

/**
 * What came of an action. The element is always there, since only what changes in it is read aloud.
 *
 * @param {{ note: Note | null, onClose?: () => void, children?: unknown }} props
 */
export function NoteLine({ note, onClose, children }) {
  return html`<div class="note-line" role="status">
    ${
      note &&
      html`<p class=${`note note-${note.tone}`}>
        <span>${note.text}</span>${children}
        ${onClose && html`<button type="button" class="quiet" onClick=${onClose}>Dismiss</button>`}
      </p>`
    }
  </div>`;
}
