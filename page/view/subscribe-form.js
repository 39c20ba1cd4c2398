import { useState } from 'preact/hooks';
import { subscribe, useAction } from '../lib/actions.js';
import { overview } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { Credentials } from './credentials.js';
import { Field } from './fields.js';
import { html } from './html.js';
import { NoteLine } from './notes.js';

/** Subscribes a URL to a topic. */
export function SubscribeForm() {
  const { overview: latest } = useSlice(overview);
  const [topic, setTopic] = useState('topic1');
  const [url, setUrl] = useState('');
  const [given, setGiven] = useState(/** @type {{ secret: string, token: string } | null} */ (null));
  const { isBusy, note, run } = useAction();
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    void run(async () => {
      setGiven(null);
      const { message, secret, token } = await subscribe(topic.trim(), url.trim());
      if (secret !== undefined && token !== undefined) setGiven({ secret, token });
      return { tone: 'good', text: message };
    });
  };
  const builtIn = latest?.builtIn.url;
  return html`<section class="panel" id="subscribe" aria-labelledby="subscribe-title">
    <h2 id="subscribe-title">Subscribe</h2>
    <form onSubmit=${submit}>
      <${Field} id="subscribe-topic" label="Topic" list="known-topics" value=${topic} onInput=${setTopic} />
      <${Field}
        id="subscribe-url"
        label="Subscriber's URL"
        type="url"
        placeholder="http://localhost:3000/hook"
        value=${url}
        onInput=${setUrl}
      />
      <div class="submit">
        <button type="submit" class="primary" aria-disabled=${isBusy}>Subscribe</button>
        ${
          builtIn !== undefined &&
          html`<button type="button" class="link" onClick=${() => setUrl(builtIn)}>
            Fill in the built-in one
          </button>`
        }
      </div>
    </form>
    <${NoteLine} note=${note} />
    ${given && html`<${Credentials} ...${given} />`}
  </section>`;
}
