import { median } from './statistics';

/** The values of each metric, one a round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** A value over its rounds. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Row {
  readonly scenario: string;
  readonly subject: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** A figure that has a target, or that stands for a part: mostly a ratio of two values of the same round. */
export interface Check extends Figure {
  readonly name: string;
  readonly target?: string;
  readonly isMet?: boolean;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** What one part found. */
export class PartReport {
  readonly rows: Row[] = [];
  readonly checks: Check[] = [];
  readonly notes: string[] = [];

  constructor(
    readonly part: string,
    readonly title: string,
  ) {}

  row(scenario: string, subject: string, samples: Samples): void {
    const figures = Object.entries(samples).map(([metric, values]) => [metric, figureOf(values)] as const);
    this.rows.push({ scenario, subject, figures: Object.fromEntries(figures) });
  }

  rowsOf(scenario: string, samples: ReadonlyMap<string, Samples>): void {
    for (const [subject, values] of samples) this.row(scenario, subject, values);
  }

  check(name: string, values: readonly number[], bound?: Bound): void {
    const figure = figureOf(values);
    this.checks.push({ name, ...figure, ...(bound && judged(figure.median, bound)) });
  }

  /** A line for the reader, such as why something was not measured. */
  note(text: string): void {
    this.notes.push(text);
  }
}

function figureOf(values: readonly number[]): Figure {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

function judged(value: number, bound: Bound): Pick<Check, 'target' | 'isMet'> {
  return 'atLeast' in bound
    ? { target: `≥ ${bound.atLeast}`, isMet: value >= bound.atLeast }
    : { target: `≤ ${bound.atMost}`, isMet: value <= bound.atMost };
}

/** The metric of one subject divided by that of another, round by round; rounds are compared with themselves only. */
export function ratios(
  samples: ReadonlyMap<string, Samples>,
  metric: string,
  subject: string,
  reference: string,
): number[] {
  return pairwise(samples, metric, subject, reference, (value, base) => value / base);
}

/** Like `ratios`, with the difference. */
export function differences(
  samples: ReadonlyMap<string, Samples>,
  metric: string,
  subject: string,
  reference: string,
): number[] {
  return pairwise(samples, metric, subject, reference, (value, base) => value - base);
}

function pairwise(
  samples: ReadonlyMap<string, Samples>,
  metric: string,
  subject: string,
  reference: string,
  combine: (value: number, base: number) => number,
): number[] {
  const base = samples.get(reference)?.[metric] ?? [];
  return (samples.get(subject)?.[metric] ?? []).map((value, round) => combine(value, base[round] ?? NaN));
}
