import { Exposition } from '../../src/metrics/exposition';
import { newBrokerParts } from './broker-parts';

/** A metric as it is registered. */
export interface RegisteredMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Every metric that the server can tell, those included that have to be asked for. */
export function registeredMetrics(): RegisteredMetric[] {
  const { metricsDeps } = newBrokerParts({ perSubscriber: true });
  return new Exposition(metricsDeps).registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    help: metric.help,
    // At run time the library has the type as a text.
    type: String(metric.type),
    labels: 'labelNames' in metric ? (metric.labelNames as string[]) : [],
  }));
}

/** The labels of every series, by its name: a histogram makes three. */
export function seriesLabels(): Map<string, readonly string[]> {
  const series = new Map<string, readonly string[]>();
  for (const { name, type, labels } of registeredMetrics()) {
    if (type === 'histogram') {
      series.set(`${name}_bucket`, [...labels, 'le']);
      series.set(`${name}_sum`, labels).set(`${name}_count`, labels);
    } else series.set(name, labels);
  }
  return series;
}
