import { overview } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { html } from './html.js';

/** @typedef {InputEvent & { currentTarget: HTMLInputElement }} FieldInput */

/**
 * A labelled line of text.
 *
 * @param {{ id: string, label: string, value: string, onInput: (value: string) => void, list?: string, placeholder?: string, isRequired?: boolean, type?: string }} props
 */
export function Field({ id, label, value, onInput, list, placeholder, isRequired = true, type = 'text' }) {
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type=${type}
      inputmode=${type === 'text' ? undefined : type}
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      required=${isRequired}
      list=${list}
      placeholder=${placeholder}
      value=${value}
      onInput=${(/** @type {FieldInput} */ event) => onInput(event.currentTarget.value)}
    />
  </div>`;
}

/** The topics and subscribers that there are, for fields to suggest. */
export function Suggestions() {
  const { overview: latest } = useSlice(overview);
  return html`<datalist id="known-topics">
      ${(latest?.topics ?? []).map(({ topic }) => html`<option key=${topic} value=${topic}></option>`)}
    </datalist>
    <datalist id="known-subscribers">
      ${(latest?.subscribers ?? []).map(({ url }) => html`<option key=${url} value=${url}></option>`)}
    </datalist>`;
}
