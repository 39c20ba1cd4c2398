/** @import { PublishAnswer, PublishOutcome } from '../types' */
import { useState } from 'preact/hooks';
import { publish, useAction } from '../lib/actions.js';
import { publishTopic } from '../lib/drafts.js';
import { milliseconds } from '../lib/format.js';
import { findFault } from '../lib/json-text.js';
import { useSlice } from '../lib/slice.js';
import { outcomeText, toneOf } from '../lib/words.js';
import { Field, Suggestions } from './fields.js';
import { html } from './html.js';
import { JsonEditor } from './json-editor.js';
import { ToneMark } from './marks.js';
import { NoteLine } from './notes.js';
import { Url } from './url.js';

/** Publishes, and shows what became of the message at each subscriber. */
export function PublishForm() {
  const topic = useSlice(publishTopic);
  const [data, setData] = useState('{"message": "hello"}');
  const [answer, setAnswer] = useState(/** @type {PublishAnswer | null} */ (null));
  const { isBusy, note, run } = useAction();
  const fault = findFault(data);
  const send = () =>
    run(async () => {
      setAnswer(null);
      if (fault) return { tone: 'bad', text: `Line ${fault.line}, column ${fault.column}: ${fault.message}` };
      // What is in the field now: what is shown of it follows a frame later.
      const published = await publish(publishTopic.value.trim(), data);
      setAnswer(published);
      return { tone: published.undelivered.length === 0 ? 'good' : 'plain', text: published.message };
    });
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    void send();
  };
  return html`<section class="panel" id="publish" aria-labelledby="publish-title">
    <h2 id="publish-title">Publish</h2>
    <form onSubmit=${submit}>
      <${Suggestions} />
      <${Field}
        id="publish-topic"
        label="Topic"
        list="known-topics"
        value=${topic}
        onInput=${(/** @type {string} */ value) => publishTopic.set(value)}
      />
      <${JsonEditor}
        id="publish-data"
        label="Message, any JSON"
        value=${data}
        fault=${fault}
        onInput=${setData}
        onSubmit=${() => void send()}
      />
      <div class="submit">
        <button type="submit" class="primary" aria-disabled=${isBusy || fault !== null}>Publish</button>
        <span class="muted keys"><kbd>Ctrl</kbd> <kbd>Enter</kbd></span>
      </div>
    </form>
    <${NoteLine} note=${note} />
    ${answer && html`<${Outcomes} answer=${answer} />`}
  </section>`;
}

/** @param {{ answer: PublishAnswer }} props */
function Outcomes({ answer: { delivered, undelivered } }) {
  const all = [...undelivered, ...delivered];
  return html`<ul class="outcomes">
    ${all.slice(0, 20).map((each) => html`<${OutcomeOf} key=${each.url} each=${each} />`)}
    ${all.length > 20 && html`<li class="muted">and ${all.length - 20} more</li>`}
  </ul>`;
}

/** @param {{ each: PublishOutcome }} props */
function OutcomeOf({ each }) {
  const { url, outcome = 'delivered', durationMs, stored } = each;
  return html`<li>
    <${ToneMark} tone=${toneOf(outcome)} />
    <${Url} url=${url} />
    <span class="muted"
      >${outcomeText(each)}${durationMs !== undefined && `, ${milliseconds(durationMs)}`}${stored && ', stored'}</span
    >
  </li>`;
}
