import { useState } from 'preact/hooks';
import { access, setToken } from '../lib/api.js';
import { follow } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { html } from './html.js';

/** Asks for a token once the server has asked for one. */
export function TokenForm() {
  const { isNeeded, reason } = useSlice(access);
  const [value, setValue] = useState('');
  if (!isNeeded) return null;
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    setToken(value.trim().replace(/^Bearer +/i, ''));
    setValue('');
    void follow();
  };
  return html`<form class=${`token ${reason === '' ? '' : 'is-refused'}`} onSubmit=${submit}>
    <p id="token-said" role="alert">
      ${
        reason === ''
          ? html`<strong>Enter a token to see topics and to publish.</strong>`
          : html`<strong>The server refuses the token.</strong> ${reason}`
      }
    </p>
    <label for="token">Token</label>
    <input
      id="token"
      aria-describedby="token-said"
      type="password"
      autocomplete="off"
      spellcheck="false"
      required
      value=${value}
      onInput=${(/** @type {InputEvent & { currentTarget: HTMLInputElement }} */ event) => setValue(event.currentTarget.value)}
    />
    <button type="submit" class="primary">Use it</button>
    <p class="muted">It is kept until this tab is closed.</p>
  </form>`;
}
