import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newBrokerParts } from '../support/broker-parts';
import { registeredMetrics, seriesLabels } from '../support/metric-catalogue';
import { usesOf } from '../support/promql';

const ROOT = join(__dirname, '../..');
const ALERTS = join(ROOT, 'deploy/prometheus/alerts.yml');

/** Prometheus adds these to whatever it scrapes. */
const TARGET_LABELS = ['job', 'instance'];

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

/** The values of all `expr` in a JSON document. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' && typeof inner === 'string' ? [inner] : expressionsIn(inner),
  );
}

const alerts = read('deploy/prometheus/alerts.yml');
const alertExpressions = [...alerts.matchAll(/^ +expr: (.+)$/gm)].map(([, text = '']) => text);
const dashboard: unknown = JSON.parse(read('deploy/grafana/herald.json'));
const dashboardExpressions = expressionsIn(dashboard);

/** What an expression names that there is not. */
function unknownIn(expression: string, series: ReadonlyMap<string, readonly string[]>): string[] {
  const { metrics, groupings } = usesOf(expression);
  const labelsOf = (name: string) => [...(series.get(name) ?? []), ...TARGET_LABELS];
  const known = new Set(metrics.flatMap(({ name }) => labelsOf(name)));
  return [
    ...metrics.filter(({ name }) => !series.has(name)).map(({ name }) => name),
    ...metrics.flatMap(({ name, labels }) =>
      labels.filter((label) => !labelsOf(name).includes(label)).map((label) => `${name}{${label}}`),
    ),
    ...groupings.filter((label) => !known.has(label)),
  ];
}

describe('the alarms and the dashboard', () => {
  const series = new Map([...seriesLabels(), ['up', []]]);

  it('are read whole', () => {
    expect(alertExpressions).toHaveLength([...alerts.matchAll(/- alert:/g)].length);
    expect(alertExpressions.length).toBeGreaterThan(10);
    expect(dashboardExpressions.length).toBeGreaterThan(30);
  });

  it.each([...new Set([...alertExpressions, ...dashboardExpressions])])('know their metrics: %s', (text) => {
    expect(usesOf(text).metrics).not.toEqual([]);
    expect(unknownIn(text, series)).toEqual([]);
  });

  it('would not know others', () => {
    expect(unknownIn('rate(herald_publish_total[5m]) > 0', series)).toEqual(['herald_publish_total']);
    expect(unknownIn('sum by (topic) (herald_ready{state="x"})', series)).toEqual([
      'herald_ready{state}',
      'topic',
    ]);
    expect(unknownIn('herald_delivery_seconds == 1 unless on (job) up', series)).toEqual([
      'herald_delivery_seconds',
    ]);
  });

  it('name labels of their metrics in legends and texts', () => {
    const labels = new Set([...[...series.values()].flat(), ...TARGET_LABELS]);
    const named = [
      ...[...alerts.matchAll(/\$labels\.(\w+)/g)],
      ...[...JSON.stringify(dashboard).matchAll(/\{\{(\w+)\}\}/g)],
    ].map(([, label = '']) => label);
    expect(named).not.toEqual([]);
    expect(named.filter((label) => !labels.has(label))).toEqual([]);
  });

  it('use every metric of Herald that needs no setting', () => {
    const used = [...alertExpressions, ...dashboardExpressions]
      .flatMap((text) => usesOf(text).metrics)
      .map(({ name }) => name.replace(/_(bucket|sum|count)$/, ''));
    const own = registeredMetrics().filter(
      ({ name, labels }) => name.startsWith('herald_') && !labels.includes('subscriber'),
    );
    expect(own.map(({ name }) => name).filter((name) => !used.includes(name))).toEqual([]);
  });
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const because = hasPromtool ? '' : ' (skipped: it is not in PATH; Debian has it in the package prometheus)';

(hasPromtool ? describe : describe.skip)(`promtool${because}`, () => {
  const run = (args: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };

  it('takes the alarms', () => {
    expect(run(['check', 'rules', ALERTS])).toEqual({
      status: 0,
      output: expect.stringContaining('SUCCESS: 14 rules found'),
    });
  });

  it('takes the example of a configuration', () => {
    expect(run(['check', 'config', join(ROOT, 'deploy/prometheus/prometheus.yml')]).status).toBe(0);
  });

  it('finds nothing to say about the metrics', async () => {
    const { metrics, subscriptions, broker, push } = newBrokerParts({ perSubscriber: true });
    await subscriptions.subscribe('orders', 'http://a/"quoted"\\');
    push.answer = () => ({ outcome: 'connection_refused', durationMs: 1 });
    await broker.publish('orders', '1');
    const { text } = await metrics.scrape();
    expect(text).toContain('herald_subscriber_backlog_messages{');
    expect(run(['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
  });
});
