/** The value at a quantile (0 to 1) of numbers in ascending order; NaN when there are none. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

/** The middle value; the mean of the two in the middle when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (quantile(sorted, (Math.ceil(half) - 1) / sorted.length) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

/** What a set of latencies comes to, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export function latenciesOf(micros: readonly number[]): Latencies {
  const sorted = micros.map((value) => value / 1000).sort((a, b) => a - b);
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
    max: quantile(sorted, 1),
  };
}

/** A clock that all processes of the machine share, in microseconds. */
export function sharedMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
