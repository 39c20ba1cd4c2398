import { Counter, Gauge, type LabelValues, Registry } from 'prom-client';
import { CountedHistogram } from './counted-histogram';
import type { Distribution } from './distribution';

/** What a metric is called, what it says, and which labels its values have. */
type Definition<Label extends string> = readonly [name: string, help: string, labelNames?: readonly Label[]];

/** Values by their labels. */
export type Readings<Label extends string, Value = number> = Iterable<readonly [LabelValues<Label>, Value]>;

/** Metrics in a registry of their own. Each reads what it shows when it is asked; `read` must not throw. */
export class MetricSet {
  readonly registry = new Registry();

  counter<Label extends string>(
    [name, help, labelNames = []]: Definition<Label>,
    read: () => Readings<Label>,
  ): void {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        counter.reset();
        for (const [labels, value] of read()) counter.inc(labels, value);
      },
    });
  }

  gauge<Label extends string>(
    [name, help, labelNames = []]: Definition<Label>,
    read: () => Readings<Label>,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        // Takes away what a label no longer has, and all values where there is nothing to say.
        gauge.reset();
        if (labelNames.length === 0) gauge.remove();
        for (const [labels, value] of read()) gauge.set(labels, value);
      },
    });
  }

  histogram<Label extends string>(
    [name, help, labelNames = []]: Definition<Label>,
    read: () => Readings<Label, Distribution>,
  ): void {
    this.registry.registerMetric(new CountedHistogram({ name, help, labelNames, read }));
  }
}

/** One reading per entry, with its name as the value of `label`. */
export function labelled<Label extends string>(
  label: Label,
  values: Readonly<Record<string, number>>,
): Readings<Label> {
  return Object.entries(values).map(
    ([name, value]) => [{ [label]: name } as LabelValues<Label>, value] as const,
  );
}

/** One reading, without labels. */
export function single<Value>(value: Value): Readings<never, Value> {
  return [[{}, value]];
}
