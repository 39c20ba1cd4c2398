import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
/** @import uPlot from 'uplot' */
import { html } from './html.js';

const HEIGHT = 112;
const WINDOW_S = 120;

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {string} color the name of a colour in the style sheet
 * @property {number[]} dash
 * @property {boolean} isFilled
 * @property {boolean} hasDots for values with gaps between them, where a line alone would not be seen
 * @property {readonly (number | null)[]} values
 */

/** @param {string} name */
function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * @param {readonly Line[]} lines
 * @param {number} width
 * @returns {uPlot.Options}
 */
function optionsOf(lines, width) {
  const axis = {
    stroke: colorOf('muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colorOf('line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (_chart, _min, max) => [max - WINDOW_S, max] },
      y: { range: (_chart, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      { ...axis, size: 22, space: 90, values: timeLabels },
      { ...axis, size: 44, space: 28 },
    ],
    series: [
      {},
      ...lines.map(({ name, color, dash, isFilled, hasDots }) => ({
        label: name,
        stroke: colorOf(color),
        width: 1.5,
        dash,
        points: { show: hasDots, size: 3, fill: colorOf(color) },
        ...(isFilled && { fill: `${colorOf(color)}22` }),
      })),
    ],
  };
}

/**
 * @param {uPlot} chart
 * @param {readonly number[]} splits unix seconds
 */
function timeLabels({ data: [times] }, splits) {
  // Before there is anything to show, the axis ends in 1970.
  if (times.length === 0) return splits.map(() => '');
  return splits.map((seconds) => new Date(seconds * 1000).toLocaleTimeString('en-GB'));
}

/**
 * @param {readonly number[]} times
 * @param {readonly Line[]} lines
 * @returns {uPlot.AlignedData}
 */
function dataOf(times, lines) {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

/**
 * Lines over the last two minutes.
 *
 * @param {{ title: string, unit: string, times: readonly number[], lines: readonly Line[], summary: string }} props
 */
export function Chart({ title, unit, times, lines, summary }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  const latest = useRef({ times, lines });
  latest.current = { times, lines };
  const names = lines.map(({ name }) => name).join();

  useLayoutEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const draw = () => {
      chart.current?.destroy();
      const { times: at, lines: now } = latest.current;
      chart.current = new window.uPlot(optionsOf(now, element.clientWidth), dataOf(at, now), element);
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [names]);

  useEffect(() => chart.current?.setData(dataOf(latest.current.times, latest.current.lines)), [times.at(-1)]);

  return html`<section class="panel chart">
    <h2>${title} <small>${unit}</small></h2>
    <${Legend} lines=${lines} />
    <div ref=${place} class="plot" role="img" aria-label=${`${title}: ${summary}`}></div>
  </section>`;
}

/** @param {{ lines: readonly Line[] }} props */
function Legend({ lines }) {
  return html`<ul class="legend">
    ${lines.map(
      ({ name, color, dash, values }) =>
        html`<li key=${name}>
          <svg class=${`swatch color-${color}`} viewBox="0 0 16 4" aria-hidden="true">
            <path d="M0 2h16" stroke="currentColor" stroke-width="2.5" stroke-dasharray=${dash.join(' ')} />
          </svg>
          ${name} <b>${figure(values.at(-1) ?? null)}</b>
        </li>`,
    )}
  </ul>`;
}

/** @param {number | null} value */
function figure(value) {
  if (value === null) return '–';
  return value < 10 ? String(Math.round(value * 10) / 10) : Math.round(value).toLocaleString('en');
}
