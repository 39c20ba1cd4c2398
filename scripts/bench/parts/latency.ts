import { type BenchContext, type Part, stopAll } from '../bench-context';
import { differences } from '../report';
import { interleave, type Sample } from '../rounds';
import { startLimit, subscribe, type Subject } from '../subjects/subject';

const RATE = 500;
const BYTES = 1024;

interface Way {
  readonly name: string;
  readonly origin: string;
  readonly path: string;
}

/** How long a message takes to its receivers while the server is far from busy. */
export const latencyPart: Part = {
  name: 'latency',
  title: `Latency from the planned publish to the receiver, ms, ${RATE} publishes/s on a fixed schedule`,
  async run(context, report) {
    const subjects = await Promise.all([context.herald.start('herald'), startLimit()]);
    for (const fanOut of [1, 10]) {
      const urls = context.origins.slice(0, fanOut).map((origin) => `${origin}/hook`);
      for (const subject of subjects) await subscribe(subject, `latency-${fanOut}`, urls);
      const ways = waysTo(context, subjects, fanOut);
      const samples = await interleave(ways, context.either(3, 1), (way) => measure(context, way, fanOut));
      report.rowsOf(`fan-out ${fanOut}`, samples);
      const isTarget = fanOut === 1;
      const added = (metric: string) => differences(samples, metric, 'herald', 'direct POST');
      report.check(
        `fan-out ${fanOut}: added over a direct POST, p50`,
        added('p50'),
        isTarget ? { atMost: 1 } : undefined,
      );
      report.check(
        `fan-out ${fanOut}: added over a direct POST, p99`,
        added('p99'),
        isTarget ? { atMost: 5 } : undefined,
      );
    }
    await stopAll(subjects);
  },
};

/** The servers, and beside them the same messages sent straight to a receiver. */
function waysTo({ origins }: BenchContext, subjects: readonly Subject[], fanOut: number): Way[] {
  const direct = { name: 'direct POST', origin: origins[0] ?? '', path: '/hook' };
  return [
    direct,
    ...subjects.map(({ name, origin }) => ({ name, origin, path: `/publish/latency-${fanOut}` })),
  ];
}

async function measure(
  { generator, receivers, either }: BenchContext,
  way: Way,
  fanOut: number,
): Promise<Sample> {
  const load = { origin: way.origin, paths: [way.path], bytes: BYTES, rate: RATE };
  await generator.call('openLoop', { ...load, seconds: either(1, 0.1) });
  await receivers.call('watchLatency', null);
  const { answered, failed } = await generator.call('openLoop', { ...load, seconds: either(8, 0.2) });
  const { count, p50, p99, p999, max } = await receivers.call('latencies', null);
  if (failed > 0 || count < answered * (way.name === 'direct POST' ? 1 : fanOut)) {
    throw new Error(`${way.name}: ${failed} publishes failed, ${count} messages arrived`);
  }
  return { p50, p99, p999, max };
}
