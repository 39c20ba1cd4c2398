/** @import { Group } from '../lib/groups.js' */
/** @import { Overview } from '../types' */
import { useState } from 'preact/hooks';
import { subscribe, unsubscribe, useAction } from '../lib/actions.js';
import { access } from '../lib/api.js';
import { count, counted, countedAtLeast, shortUrl } from '../lib/format.js';
import { groupsOf, totalsOf } from '../lib/groups.js';
import { overview } from '../lib/live.js';
import { useMore } from '../lib/more.js';
import { useSlice } from '../lib/slice.js';
import { Field } from './fields.js';
import { html } from './html.js';
import { ToneMark } from './marks.js';
import { NoteLine } from './notes.js';
import { ROWS_OF_TOPIC, TopicGroup } from './topic-group.js';

const ROWS_AT_FIRST = 30;
const MORE_ROWS = 120;
const FIND_FROM_TOPICS = 8;

/** Who is subscribed to what, and how they do. */
export function Topics() {
  const { overview: latest, fault } = useSlice(overview);
  const { isNeeded } = useSlice(access);
  return html`<section class="panel topics" id="topics" tabindex="-1" aria-labelledby="topics-title">
    <div class="panel-head">
      <h2 id="topics-title">Topics and subscribers</h2>
      ${latest && html`<${Totals} latest=${latest} />`}
    </div>
    ${fault !== null && html`<p class="note note-bad" role="alert">${fault}</p>`}
    ${
      latest
        ? html`<${TopicList} latest=${latest} />`
        : fault === null &&
          html`<p class="empty">${isNeeded ? 'Nothing to show yet' : 'Asking the server …'}</p>`
    }
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
      return { tone: 'plain', text: `${message}: ${shortUrl(url)}` };
    });
  /** @type {(topic: string, url: string) => Promise<void>} */
  const resume = (topic, url) =>
    run(async () => {
      const { message } = await subscribe(topic, url);
      setUndo(null);
      return { tone: 'good', text: message };
    });
  const groups = groupsOf(latest, search.trim());
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
      (isLong(latest) || search !== '') &&
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
        There are more than 500. How they do is known of 500, those in trouble first. Who is left out is not
        found.
      </p>`
    }
    ${groups.length === 0 && search !== '' && html`<p class="empty" role="status">None found</p>`}
    <${Groups} groups=${groups} onEnd=${end} onEnable=${resume} />`;
}

/**
 * @param {{ groups: readonly Group[], onEnd: (topic: string, url: string) => void, onEnable: (topic: string, url: string) => void }} props
 */
function Groups({ groups, onEnd, onEnable }) {
  const { limit, place, more } = useMore(ROWS_AT_FIRST, MORE_ROWS);
  const shown = bounded(groups, limit);
  const rest = groups.length - shown.length;
  const next = bounded(groups, limit + MORE_ROWS).length - shown.length;
  return html`<div ref=${place}>
      ${shown.map(
        (group) =>
          html`<${TopicGroup} key=${group.topic ?? ''} group=${group} onEnd=${onEnd} onEnable=${onEnable} />`,
      )}
    </div>
    ${
      rest > 0 &&
      html`<button type="button" class="more" onClick=${more}>
        Show ${count(next)} more of ${counted(rest, 'topic')}
      </button>`
    }`;
}

/**
 * Whether looking through all takes longer than to search.
 *
 * @param {Overview} latest
 */
function isLong({ topics }) {
  const rows = topics.reduce((sum, { subscribers }) => sum + subscribers.length, 0);
  return topics.length > FIND_FROM_TOPICS || rows > ROWS_OF_TOPIC;
}

/**
 * @param {readonly Group[]} groups
 * @param {number} limit
 */
function bounded(groups, limit) {
  let rows = 0;
  return groups.filter(({ members }) => {
    const before = rows;
    rows += Math.min(members.length, ROWS_OF_TOPIC);
    return before < limit;
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
