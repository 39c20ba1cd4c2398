import { html } from './html.js';

/**
 * What a subscriber is given once, when it is first subscribed.
 *
 * @param {{ secret: string, token: string }} props
 */
export function Credentials({ secret, token }) {
  return html`<div class="credentials">
    <p class="muted">Keep these: they are shown this once.</p>
    <dl>
      <dt>Secret, which verifies pushes</dt>
      <dd><code>${secret}</code></dd>
      <dt>Token, which opens the subscriber's routes</dt>
      <dd><code>${token}</code></dd>
    </dl>
  </div>`;
}
