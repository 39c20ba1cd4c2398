import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PUBLISH_RESULTS } from '../../src/metrics/tallies';
import { registeredMetrics } from '../support/metric-catalogue';

const page = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');

/** The rows of the tables: name, type, labels. */
const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
  ([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
  }),
);

describe('docs/metrics.md', () => {
  const metrics = registeredMetrics().map(({ name, type, labels }) => ({ name, type, labels }));
  const isOwn = ({ name }: { readonly name: string }) => name.startsWith('herald_');

  it('lists exactly the metrics of Herald, with their types and labels, in their order', () => {
    expect(rows.filter(isOwn)).toEqual(metrics.filter(isOwn));
  });

  it('lists every metric of the process', () => {
    const listed = rows.filter((row) => !isOwn(row));
    expect(listed.length).toBeGreaterThan(20);
    for (const metric of metrics.filter((it) => !isOwn(it))) expect(listed).toContainEqual(metric);
  });

  it('explains every result of a publish', () => {
    const row = /^\| `herald_publishes_total` .*$/m.exec(page)?.[0] ?? '';
    for (const result of PUBLISH_RESULTS) expect(row).toContain(`\`${result}\``);
  });

  it.each(registeredMetrics().map(({ name, help }) => [name, help]))('%s says what it is', (_name, help) => {
    expect(help).toMatch(/^[A-Z].*\.$/s);
  });
});

describe('the names of metrics', () => {
  it.each(registeredMetrics().map(({ name, type }) => [name, type]))(
    '%s follows the conventions',
    (name, type) => {
      expect(name).toMatch(/^(herald|process|nodejs)_[a-z0-9_]+$/);
      // Counters end in _total, and nothing else does; times are in seconds.
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb)\b/);
      expect(type !== 'histogram' || name.endsWith('_seconds')).toBe(true);
    },
  );
});
