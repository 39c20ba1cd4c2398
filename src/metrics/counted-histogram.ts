import { Histogram, type LabelValues } from 'prom-client';
import type { Distribution } from './distribution';

export interface CountedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly read: () => Iterable<readonly [LabelValues<Label>, Distribution]>;
}

/** A histogram whose values are counted elsewhere, and read when somebody asks. */
export class CountedHistogram<Label extends string> extends Histogram<Label> {
  constructor(private readonly options: CountedHistogramOptions<Label>) {
    const { name, help, labelNames } = options;
    super({ name, help, labelNames, registers: [] });
  }

  /** What the library reads a histogram by, for its text and for `get` alike. */
  getForPromString() {
    const { name, help, read } = this.options;
    const values = Array.from(read(), ([labels, distribution]) => seriesOf(name, labels, distribution));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values: values.flat() });
  }
}

/** `labels` of its own for each: the library writes into them. */
function seriesOf(name: string, sharedLabels: LabelValues<string>, distribution: Distribution) {
  const cumulative = distribution.cumulative();
  const count = cumulative.at(-1) ?? 0;
  const buckets = cumulative.map((value, at) => ({
    labels: { le: distribution.bounds[at] ?? '+Inf' },
    sharedLabels,
    value,
    metricName: `${name}_bucket`,
  }));
  return [
    ...buckets,
    { labels: {}, sharedLabels, value: distribution.sum, metricName: `${name}_sum` },
    { labels: {}, sharedLabels, value: count, metricName: `${name}_count` },
  ];
}
