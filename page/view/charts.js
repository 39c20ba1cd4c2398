/** @import { Line } from './chart.js' */
import { stats } from '../lib/live.js';
import { useSlice } from '../lib/slice.js';
import { outcomeText, toneOf } from '../lib/words.js';
import { Chart } from './chart.js';
import { html } from './html.js';

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const FAILURE_COLORS = ['bad', 'warn', 'violet', 'info'];

/** @type {(name: string, color: string, dash: number[], values: Line['values'], more?: Partial<Line>) => Line} */
const line = (name, color, dash, values, more) => {
  return { name, color, dash, values, isFilled: false, hasDots: false, ...more };
};

/** How much is going on, and how fast. */
export function Charts() {
  const { times, publishes, outcomes, latency, latest } = useSlice(stats);
  const deliveries = [...outcomes].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  let failures = 0;
  const outcomeLines = deliveries.map(([outcome, values]) => {
    if (outcome === 'delivered') return line('delivered', 'good', [], values, { isFilled: true });
    const color = FAILURE_COLORS[failures % FAILURE_COLORS.length] ?? 'bad';
    const dash = DASHES[1 + (failures++ % 3)] ?? [];
    return line(outcomeText({ outcome }), color, dash, values);
  });
  if (outcomeLines.length === 0)
    outcomeLines.push(
      line(
        'delivered',
        'good',
        [],
        times.map(() => 0),
        { isFilled: true },
      ),
    );
  const perSecond = latest?.publishesPerSecond ?? 0;
  const p50 = latest?.latencyMs?.p50;
  return html`<div class="charts">
    <${Chart}
      title="Publishes"
      unit="per second"
      times=${times}
      lines=${[line('published', 'accent', [], publishes, { isFilled: true })]}
      summary=${`${perSecond} per second`}
    />
    <${Chart}
      title="Deliveries"
      unit="per second, by outcome"
      times=${times}
      lines=${outcomeLines}
      summary=${outcomeLines.map(({ name, values }) => `${name} ${values.at(-1) ?? 0}`).join(', ')}
    />
    <${Chart}
      title="Delivery time"
      unit="ms"
      times=${times}
      lines=${[
        line('p50', 'accent', [], latency.p50, { hasDots: true }),
        line('p95', 'violet', [6, 3], latency.p95, { hasDots: true }),
        line('p99', 'warn', [2, 2], latency.p99, { hasDots: true }),
      ]}
      summary=${p50 === undefined ? 'no deliveries lately' : `half of them within ${p50} ms`}
    />
  </div>`;
}

/** @param {string} outcome */
function rank(outcome) {
  return ['good', 'bad', 'waiting'].indexOf(toneOf(outcome));
}
