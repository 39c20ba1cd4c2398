/** @import { Connection, TailEntry } from '../types' */
import { useState } from 'preact/hooks';
import { changeFilter, filter } from '../lib/drafts.js';
import { connection, tail } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { OUTCOMES, outcomeText } from '../lib/words.js';
import { Field } from './fields.js';
import { html } from './html.js';
import { MessageDetail } from './message-detail.js';
import { TailList } from './tail-list.js';

/** All that happens, as it happens. */
export function Tail() {
  const log = useSlice(tail);
  const state = useSlice(connection);
  const filters = useSlice(filter);
  const [held, setHeld] = useState(/** @type {{ rows: TailEntry[], count: number } | null} */ (null));
  const [selected, setSelected] = useState(/** @type {TailEntry | null} */ (null));
  const [isDetail, setDetail] = useState(false);
  const hold = () => setHeld(held ? null : { rows: log.rows, count: log.count });
  const clear = () => {
    log.clear();
    tail.touch();
    setHeld(null);
    setDetail(false);
  };
  const closeDetail = () => {
    setDetail(false);
    document.getElementById('tail-list')?.focus();
  };
  const isFiltered = Object.values(filters).some((value) => value !== '');
  const rows = held?.rows ?? log.rows;
  return html`<section class="panel tail" id="tail" tabindex="-1" aria-labelledby="tail-title">
    <div class="panel-head">
      <h2 id="tail-title">Live tail</h2>
      <span class="actions">
        ${held && html`<span class="muted">${log.count - held.count} new</span>`}
        <button type="button" aria-pressed=${held !== null} onClick=${hold}>
          ${held ? 'Go on' : 'Hold'}
        </button>
        <button type="button" onClick=${clear}>Clear</button>
      </span>
    </div>
    <${Filters} isFiltered=${isFiltered} onChange=${() => setHeld(null)} />
    <div class=${`tail-body ${isDetail && selected ? 'has-detail' : ''}`}>
      ${
        rows.length === 0
          ? html`<p class="empty">${emptyText(state, isFiltered)}</p>`
          : html`<${TailList}
              rows=${rows}
              matched=${held ? held.count : log.matched}
              selected=${selected}
              onSelect=${setSelected}
              onOpen=${(/** @type {TailEntry} */ entry) => {
                setSelected(entry);
                setDetail(true);
              }}
            />`
      }
      ${isDetail && selected && html`<${MessageDetail} entry=${selected} log=${log} onClose=${closeDetail} />`}
    </div>
  </section>`;
}

/** @param {{ isFiltered: boolean, onChange: () => void }} props */
function Filters({ isFiltered, onChange }) {
  const { topic, subscriber, outcome } = useSlice(filter);
  /** @type {typeof changeFilter} */
  const change = (changes) => {
    changeFilter(changes);
    onChange();
  };
  return html`<form
    class="filters"
    role="search"
    aria-label="Filter the tail"
    onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}
  >
    <${Field}
      id="filter-topic"
      label="Topic"
      placeholder="all; orders.* too"
      list="known-topics"
      isRequired=${false}
      value=${topic}
      onInput=${(/** @type {string} */ value) => change({ topic: value.trim() })}
    />
    <${Field}
      id="filter-subscriber"
      label="Subscriber"
      placeholder="all"
      list="known-subscribers"
      isRequired=${false}
      value=${subscriber}
      onInput=${(/** @type {string} */ value) => change({ subscriber: value.trim() })}
    />
    <div class="field">
      <label for="filter-outcome">Outcome</label>
      <select
        id="filter-outcome"
        value=${outcome}
        onChange=${(/** @type {Event & { currentTarget: HTMLSelectElement }} */ event) =>
          change({ outcome: event.currentTarget.value })}
      >
        <option value="">all</option>
        ${OUTCOMES.map((each) => html`<option key=${each} value=${each}>${outcomeText({ outcome: each })}</option>`)}
      </select>
    </div>
    ${
      isFiltered &&
      html`<button type="button" onClick=${() => change({ topic: '', subscriber: '', outcome: '' })}>
        Show all
      </button>`
    }
  </form>`;
}

/**
 * @param {Connection} state
 * @param {boolean} isFiltered
 */
function emptyText({ status }, isFiltered) {
  if (isFiltered) return 'Nothing that the filter lets through has happened yet.';
  if (status === 'live')
    return 'Nothing has happened since this page was opened. Publish a message, and watch it here.';
  if (status === 'refused') return 'The tail begins once a token allows it.';
  return 'The tail begins once the server answers.';
}
