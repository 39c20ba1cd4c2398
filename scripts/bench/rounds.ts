import type { BenchContext } from './bench-context';
import type { ClosedLoop } from './load/generator';
import type { Samples } from './report';
import type { Subject } from './subjects/subject';

/** One measurement: values by the name of what they measure. */
export type Sample = Readonly<Record<string, number>>;

/**
 * Measures each of `subjects` once a round, in turn and each round beginning with another, so that what disturbs the
 * machine for a while disturbs all of them.
 */
export async function interleave<S extends { readonly name: string }>(
  subjects: readonly S[],
  rounds: number,
  measure: (subject: S) => Promise<Sample>,
): Promise<ReadonlyMap<string, Samples>> {
  const samples = new Map<string, Record<string, number[]>>();
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(round + turn) % subjects.length];
      if (!subject) continue;
      const all = samples.get(subject.name) ?? {};
      samples.set(subject.name, all);
      for (const [metric, value] of Object.entries(await measure(subject))) (all[metric] ??= []).push(value);
    }
  }
  return samples;
}

export interface Throughput {
  readonly subject: Subject;
  readonly load: Omit<ClosedLoop, 'origin'>;
  /** Deliveries that each publish leads to; every one of them has to arrive. */
  readonly fanOut: number;
  /** Load before the measurement, for sockets to open and code to be compiled. */
  readonly warmUpSeconds: number;
}

/** Runs a closed loop and says what the server delivered and what that cost it. */
export async function measureThroughput(
  { generator, receivers }: BenchContext,
  { subject, load, fanOut, warmUpSeconds }: Throughput,
): Promise<Sample> {
  const { child, origin } = subject;
  await generator.call('closedLoop', { ...load, origin, seconds: warmUpSeconds });
  const before = await child.call('usage', { collectGarbage: false });
  const countBefore = await receivers.call('count', null);
  const { answered, failed, seconds } = await generator.call('closedLoop', { ...load, origin });
  const after = await child.call('usage', { collectGarbage: false });
  const delivered = (await receivers.call('count', null)) - countBefore;
  if (failed > 0) throw new Error(`${subject.name} failed ${failed} of ${failed + answered} publishes`);
  if (delivered < answered * fanOut) {
    throw new Error(`${subject.name} answered ${answered} publishes, and only ${delivered} messages arrived`);
  }
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return {
    'publishes/s': answered / seconds,
    ...(fanOut > 0 && { 'deliveries/s': delivered / seconds, 'CPU µs/delivery': cpuMicros / delivered }),
    'CPU µs/publish': cpuMicros / answered,
    'cores used': cpuMicros / 1e6 / seconds,
  };
}
