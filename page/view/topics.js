/** @import { Group } from '../lib/groups.js' */
/** @import { Overview } from '../types' */
import { useState } from 'preact/hooks';
import { subscribe, unsubscribe, useAction } from '../lib/actions.js';
import { beginPublish, watch } from '../lib/drafts.js';
import { counted, countedAtLeast } from '../lib/format.js';
import { groupsOf, totalsOf } from '../lib/groups.js';
import { overview } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { Field } from './fields.js';
import { html } from './html.js';
import { ToneMark } from './marks.js';
import { NoteLine } from './notes.js';
import { SubscriberRow } from './subscriber-row.js';

const ROWS_AT_FIRST = 60;
const FIND_FROM = 8;

/** Who is subscribed to what, and how they do. */
export function Topics() {
  const { overview: latest, fault } = useSlice(overview);
  return html`<section class="panel topics" id="topics" tabindex="-1" aria-labelledby="topics-title">
    <div class="panel-head">
      <h2 id="topics-title">Topics and subscribers</h2>
      ${latest && html`<${Totals} latest=${latest} />`}
    </div>
    ${fault !== null && html`<p class="note note-bad" role="alert">${fault}</p>`}
    ${latest ? html`<${TopicList} latest=${latest} />` : fault === null && html`<p class="empty">Asking the server …</p>`}
  </section>`;
}

/** @param {{ latest: Overview }} props */
function Totals({ latest }) {
  const { topics, subscribers, troubled, waiting, areTopicsCut, areSubscribersCut } = totalsOf(latest);
  const ofShown = areSubscribersCut ? ' of those shown' : '';
  if (topics === 0 && waiting === 0) return null;
  return html`<p class="totals">
    <span>${countedAtLeast(topics, 'topic', areTopicsCut)}</span>
    <span>${countedAtLeast(subscribers, 'subscriber', areSubscribersCut)}</span>
    <span class=${waiting > 0 ? 'strong' : ''}>${counted(waiting, 'message')} waiting${ofShown}</span>
    ${
      troubled > 0 &&
      html`<span class="tone-bad strong"><${ToneMark} tone="bad" />${troubled} in trouble${ofShown}</span>`
    }
  </p>`;
}

/** @param {{ latest: Overview }} props */
function TopicList({ latest }) {
  const [search, setSearch] = useState('');
  const [isAll, setAll] = useState(false);
  const { note, run, clear } = useAction();
  const [undo, setUndo] = useState(/** @type {{ topic: string, url: string } | null} */ (null));
  /** @type {(topic: string, url: string) => Promise<void>} */
  const end = (topic, url) =>
    run(async () => {
      setUndo(null);
      const { message } = await unsubscribe(topic, url);
      setUndo({ topic, url });
      // The button that was pressed is about to go; the next stop from here is Undo.
      document.getElementById('topics')?.focus({ preventScroll: true });
      return { tone: 'plain', text: `${message}: ${url}` };
    });
  /** @type {(topic: string, url: string) => Promise<void>} */
  const resume = (topic, url) =>
    run(async () => {
      const { message } = await subscribe(topic, url);
      setUndo(null);
      return { tone: 'good', text: message };
    });
  const groups = groupsOf(latest, search.trim());
  const total = groups.reduce((sum, { members }) => sum + members.length, 0);
  return html`<${NoteLine} note=${note} onClose=${clear}>
      ${undo && html`<button type="button" onClick=${() => resume(undo.topic, undo.url)}>Undo</button>`}
    <//>
    ${
      groups.length === 0 &&
      search === '' &&
      html`<${NoTopics}
        url=${latest.builtIn.url}
        onSubscribe=${() => resume('topic1', latest.builtIn.url)}
      />`
    }
    ${
      (latest.topics.length > FIND_FROM || search !== '') &&
      html`<${Field}
        id="find"
        label="Find a topic or a URL"
        type="search"
        isRequired=${false}
        value=${search}
        onInput=${setSearch}
      />`
    }
    ${
      latest.hasMore &&
      html`<p class="muted">
        There are more than 500. Those in trouble are shown first; what is not shown is not found.
      </p>`
    }
    ${groups.length === 0 && search !== '' && html`<p class="empty" role="status">None found</p>`}
    ${bounded(groups, isAll ? Infinity : ROWS_AT_FIRST).map(
      (group) =>
        html`<${TopicGroup} key=${group.topic ?? ''} group=${group} onEnd=${end} onEnable=${resume} />`,
    )}
    ${
      total > ROWS_AT_FIRST &&
      !isAll &&
      html`<button type="button" onClick=${() => setAll(true)}>Show all ${total} subscriptions</button>`
    }`;
}

/**
 * @param {readonly Group[]} groups
 * @param {number} limit
 */
function bounded(groups, limit) {
  let rows = 0;
  return groups.filter(({ members }) => {
    rows += members.length;
    return rows - members.length < limit;
  });
}

/** @param {{ url: string, onSubscribe: () => void }} props */
function NoTopics({ url, onSubscribe }) {
  return html`<div class="empty first-steps">
    <p><strong>Nobody is subscribed yet.</strong></p>
    <p>
      A subscriber is a URL that each message of a topic is POSTed to. The server has one built in,
      <code>${url}</code>, so that you can watch what happens:
    </p>
    <ol>
      <li>
        <button type="button" class="primary" onClick=${onSubscribe}>
          Subscribe the built-in subscriber to topic1
        </button>
      </li>
      <li>Publish a message to topic1, and see it arrive.</li>
      <li>
        Switch the built-in subscriber off, publish again, and switch it on: what it missed is redelivered.
      </li>
    </ol>
  </div>`;
}

/**
 * @param {{ group: Group, onEnd: (topic: string, url: string) => void, onEnable: (topic: string, url: string) => void }} props
 */
function TopicGroup({ group: { topic, members }, onEnd, onEnable }) {
  return html`<section
    class="topic"
    aria-label=${topic === null ? 'Subscribed to nothing' : `Topic ${topic}`}
  >
    <div class="topic-head">
      <h3>${topic ?? 'Subscribed to nothing any more'}</h3>
      <span class="muted">${counted(members.length, 'subscriber')}</span>
      ${
        topic !== null &&
        html`<span class="actions">
          <button
            type="button"
            class="quiet"
            aria-label=${`Publish to ${topic}`}
            onClick=${() => beginPublish(topic)}
          >
            Publish
          </button>
          <button
            type="button"
            class="quiet"
            aria-label=${`Watch ${topic} in the tail`}
            onClick=${() => watch(topic)}
          >
            Watch
          </button>
        </span>`
      }
    </div>
    <ul class="subscribers">
      ${members.map(
        ({ url, subscriber }) =>
          html`<${SubscriberRow}
            key=${url}
            url=${url}
            topic=${topic}
            subscriber=${subscriber}
            onEnd=${onEnd}
            onEnable=${onEnable}
          />`,
      )}
    </ul>
  </section>`;
}
