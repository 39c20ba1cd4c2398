/** @import { Group } from '../lib/groups.js' */
import { beginPublish, watch } from '../lib/drafts.js';
import { count, countedAtLeast } from '../lib/format.js';
import { useMore } from '../lib/more.js';
import { html } from './html.js';
import { SubscriberRow } from './subscriber-row.js';

/** Subscribers of a topic that are shown at first. */
export const ROWS_OF_TOPIC = 20;
const MORE_ROWS = 100;

/**
 * A topic with its subscribers, or as many as can be looked at.
 *
 * @param {{ group: Group, onEnd: (topic: string, url: string) => void, onEnable: (topic: string, url: string) => void }} props
 */
export function TopicGroup({ group: { topic, members, isCut }, onEnd, onEnable }) {
  const { limit, place, more } = useMore(ROWS_OF_TOPIC, MORE_ROWS);
  const rest = members.length - limit;
  return html`<section
    class="topic"
    aria-label=${topic === null ? 'Subscribed to nothing' : `Topic ${topic}`}
  >
    <div class="topic-head">
      <h3>${topic ?? 'Subscribed to nothing any more'}</h3>
      <span class="muted">${countedAtLeast(members.length, 'subscriber', isCut)}</span>
      ${topic !== null && html`<${TopicActions} topic=${topic} />`}
    </div>
    <ul class="subscribers" ref=${place}>
      ${members
        .slice(0, limit)
        .map(
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
    ${
      rest > 0 &&
      html`<button
        type="button"
        class="more"
        aria-label=${`Show ${Math.min(rest, MORE_ROWS)} more of ${topic ?? 'those subscribed to nothing'}`}
        onClick=${more}
      >
        Show ${Math.min(rest, MORE_ROWS)} more of ${count(rest)}
      </button>`
    }
  </section>`;
}

/** @param {{ topic: string }} props */
function TopicActions({ topic }) {
  return html`<span class="actions">
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
  </span>`;
}
