/** @import { TailEntry } from '../types' */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { clockTime } from '../lib/format.js';
import { lineOf } from '../lib/lines.js';
import { html } from './html.js';
import { ToneMark } from './marks.js';

/** Rows beyond those in sight, on either side. */
const MARGIN = 6;
const narrow = matchMedia('(max-width: 640px)');
/** The style sheet's row heights. */
const rowHeight = () => (narrow.matches ? 46 : 26);

/** @typedef {{ top: number, height: number }} Sight */

/**
 * The rows that are in sight, as elements; all others are but height.
 *
 * @param {number} count
 * @param {Sight} sight
 * @param {number} height
 */
function windowOf(count, { top, height: seen }, height) {
  const first = Math.max(0, Math.floor(top / height) - MARGIN);
  return { first, end: Math.min(count, Math.ceil((top + seen) / height) + MARGIN) };
}

/**
 * By how many rows a key moves.
 *
 * @param {string} key
 * @param {number} page rows
 * @returns {number | undefined}
 */
function stepOf(key, page) {
  /** @type {Partial<Record<string, number>>} */
  const steps = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -Infinity,
    End: Infinity,
  };
  return steps[key];
}

/**
 * A list with one stop for the Tab key: arrows move in it, Enter opens. What is in sight stays there while new
 * entries come, unless the newest is in sight.
 *
 * @param {{ rows: TailEntry[], matched: number, selected: TailEntry | null, onSelect: (entry: TailEntry) => void, onOpen: (entry: TailEntry) => void }} props
 */
export function TailList({ rows, matched, selected, onSelect, onOpen }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [sight, setSight] = useState(/** @type {Sight} */ ({ top: 0, height: 600 }));
  const height = rowHeight();
  const look = () => {
    if (list.current) setSight({ top: list.current.scrollTop, height: list.current.clientHeight });
  };
  useAnchor(list, matched, height);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    if (list.current) observer.observe(list.current);
    return () => observer.disconnect();
  }, []);
  const index = selected ? rows.findIndex(({ key }) => key === selected.key) : -1;
  /** @param {number} to */
  const moveTo = (to) => {
    const target = Math.max(0, Math.min(rows.length - 1, to));
    const entry = rows[target];
    if (!entry || !list.current) return;
    onSelect(entry);
    const { scrollTop, clientHeight } = list.current;
    const lowest = (target + 1) * height - clientHeight;
    list.current.scrollTop = Math.max(lowest, Math.min(scrollTop, target * height));
  };
  /** @param {KeyboardEvent} event */
  const keydown = (event) => {
    const step = stepOf(event.key, Math.max(1, Math.floor(sight.height / height) - 1));
    const entry = rows[index];
    if (step !== undefined) moveTo(Math.max(0, index) + (index < 0 ? 0 : step));
    else if (event.key === 'Enter' && entry) onOpen(entry);
    else return;
    event.preventDefault();
  };
  const { first, end } = windowOf(rows.length, sight, height);
  return html`<div
    ref=${list}
    id="tail-list"
    class="tail-list"
    role="listbox"
    tabindex="0"
    aria-label="Events, the newest first"
    aria-activedescendant=${index >= first && index < end && selected ? `entry-${selected.key}` : undefined}
    onScroll=${look}
    onKeyDown=${keydown}
  >
    <div role="presentation" style=${{ height: `${first * height}px` }}></div>
    ${rows
      .slice(first, end)
      .map(
        (entry) =>
          html`<${TailRow}
            key=${entry.key}
            entry=${entry}
            isSelected=${entry.key === selected?.key}
            onOpen=${onOpen}
          />`,
      )}
    <div role="presentation" style=${{ height: `${Math.max(0, rows.length - end) * height}px` }}></div>
  </div>`;
}

/**
 * @param {{ current: HTMLDivElement | null }} list
 * @param {number} matched
 * @param {number} height
 */
function useAnchor(list, matched, height) {
  const before = useRef(matched);
  useLayoutEffect(() => {
    const added = matched - before.current;
    before.current = matched;
    if (list.current && list.current.scrollTop > 0 && added > 0) list.current.scrollTop += added * height;
  }, [matched]);
}

/** @param {{ entry: TailEntry, isSelected: boolean, onOpen: (entry: TailEntry) => void }} props */
function TailRow({ entry, isSelected, onOpen }) {
  const { kind, topic, subject, isCode, result, tone } = lineOf(entry);
  const time = clockTime(entry.at);
  // Not on click: by then another row may have moved under the pointer.
  const press = (/** @type {MouseEvent} */ event) => {
    if (event.button !== 0) return;
    // The browser would move the focus to the list, away from what is opened.
    event.preventDefault();
    onOpen(entry);
  };
  return html`<div
    id=${`entry-${entry.key}`}
    class=${`tail-row kind-${kind.replace(' ', '-')}`}
    role="option"
    aria-selected=${isSelected}
    onMouseDown=${press}
  >
    <span class="time">${time.slice(0, 8)}<span class="fraction">${time.slice(8)}</span></span>
    <span class="kind">${kind}</span>
    <span class="topic-name">${topic}</span>
    <span class=${isCode ? 'subject code' : 'subject'}>${subject.slice(0, 240)}</span>
    <span class=${`result ${tone ? `tone-${tone}` : ''}`}
      >${tone && html`<${ToneMark} tone=${tone} />`}${result}</span
    >
  </div>`;
}
