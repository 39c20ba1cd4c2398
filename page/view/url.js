import { useState } from 'preact/hooks';
import { isLongUrl, shortUrl } from '../lib/format.js';
import { html } from './html.js';

/**
 * A subscriber's URL, which may have 2,048 characters: a long one takes three lines, until all of it is asked for. To a
 * screen reader it is whole in either case.
 *
 * @param {{ url: string }} props
 */
export function Url({ url }) {
  const [isWhole, setWhole] = useState(false);
  if (!isLongUrl(url)) return html`<span class="url">${url}</span>`;
  return html`<span class="long-url">
    <span class=${isWhole ? 'url' : 'url is-cut'} title=${isWhole ? undefined : url}>${url}</span>
    <button
      type="button"
      class="link"
      aria-expanded=${isWhole}
      aria-label=${`Show the whole URL ${shortUrl(url)}`}
      onClick=${() => setWhole(!isWhole)}
    >
      ${isWhole ? 'Show less' : 'Show the whole URL'}
    </button>
  </span>`;
}
