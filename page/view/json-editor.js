/** @import { Fault } from '../lib/json-text.js' */
import { useRef } from 'preact/hooks';
import { html } from './html.js';

/**
 * @typedef {object} EditorProps
 * @property {string} id
 * @property {string} label
 * @property {string} value
 * @property {Fault | null} fault
 * @property {(value: string) => void} onInput
 * @property {() => void} onSubmit Ctrl or Cmd and Enter
 */

/**
 * A field for JSON with numbered lines, which says where its first mistake is.
 *
 * @param {EditorProps} props
 */
export function JsonEditor({ id, label, value, fault, onInput, onSubmit }) {
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const gutter = useRef(/** @type {HTMLPreElement | null} */ (null));
  const numbers = value
    .split('\n')
    .map(
      (_, index) =>
        html`<span key=${index} class=${fault?.line === index + 1 ? 'faulty' : ''}>${index + 1}</span>`,
    );
  const scroll = () => {
    if (gutter.current && area.current) gutter.current.scrollTop = area.current.scrollTop;
  };
  const goToFault = () => {
    if (!fault || !area.current) return;
    area.current.focus();
    area.current.setSelectionRange(fault.offset, Math.min(value.length, fault.offset + 1));
  };
  /** @param {KeyboardEvent} event */
  const keydown = (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onSubmit();
  };
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <div class=${`editor ${fault ? 'editor-faulty' : ''}`}>
      <pre ref=${gutter} class="gutter" aria-hidden="true">${numbers}</pre>
      <textarea
        ref=${area}
        id=${id}
        rows="6"
        wrap="off"
        spellcheck="false"
        autocapitalize="off"
        value=${value}
        aria-invalid=${fault !== null}
        aria-describedby=${`${id}-fault`}
        onInput=${(/** @type {InputEvent & { currentTarget: HTMLTextAreaElement }} */ event) =>
          onInput(event.currentTarget.value)}
        onScroll=${scroll}
        onKeyDown=${keydown}
      ></textarea>
    </div>
    <div id=${`${id}-fault`} class="fault" aria-live="polite">
      ${
        fault
          ? html`<button type="button" class="link" onClick=${goToFault}>
                Line ${fault.line}, column ${fault.column}
              </button>
              <span>${fault.message}</span>`
          : html`<span class="muted">Valid JSON; sent exactly as written</span>`
      }
    </div>
  </div>`;
}
