import { type BenchContext, type Part, stopAll } from '../bench-context';
import { offlineOrigins } from '../offline-ports';
import { ratios } from '../report';
import { interleave, type Sample } from '../rounds';
import { subscribe, type Subject } from '../subjects/subject';

const FAN_OUT = 10;
const OFFLINE = [0, 1, 5, 10];

interface Case {
  readonly name: string;
  readonly topic: string;
}

/** What subscribers that cannot be reached cost the publishers. */
export const offlinePart: Part = {
  name: 'offline',
  title: 'Offline subscribers: fan-out 10 × 1 KiB, connections refused, copies in the embedded store',
  async run(context, report) {
    const herald = await context.herald.start('herald');
    const cases = await Promise.all(OFFLINE.map((offline) => newCase(context, herald, offline)));
    // Before the rounds, so that each subscriber's state is what it settles to.
    for (const one of cases) await measure(context, herald, one, context.either(2, 0.1));
    const samples = await interleave(cases, context.either(5, 1), (one) =>
      measure(context, herald, one, context.either(2, 0.3)),
    );
    report.rowsOf('herald', samples);
    for (const offline of OFFLINE.slice(1)) {
      const values = ratios(samples, 'publishes/s', `${offline} offline`, '0 offline');
      const bound = offline === FAN_OUT / 2 ? { atLeast: 0.8 } : undefined;
      report.check(`publishes/s, ${offline} of ${FAN_OUT} offline / none`, values, bound);
    }
    await stopAll([herald]);
  },
};

async function newCase({ origins }: BenchContext, herald: Subject, offline: number): Promise<Case> {
  const online = origins.slice(0, FAN_OUT - offline);
  // Each case has its own paths, and so its own subscribers with their own state.
  const urls = [...(await offlineOrigins(offline)), ...online].map(
    (origin) => `${origin}/offline-${offline}`,
  );
  const topic = `offline-${offline}`;
  await subscribe(herald, topic, urls);
  return { name: `${offline} offline`, topic };
}

async function measure(
  { generator }: BenchContext,
  { origin, child }: Subject,
  { topic }: Case,
  seconds: number,
): Promise<Sample> {
  const load = { origin, paths: [`/publish/${topic}`], bytes: 1024, connections: 16, seconds };
  const before = await child.call('usage', { collectGarbage: false });
  await child.call('watchLoop', null);
  const { answered, failed, seconds: elapsed } = await generator.call('closedLoop', load);
  const { p99 } = await child.call('loopDelay', null);
  const after = await child.call('usage', { collectGarbage: false });
  if (failed > 0) throw new Error(`${failed} of ${failed + answered} publishes to ${topic} failed`);
  return {
    'publishes/s': answered / elapsed,
    'CPU µs/publish': (after.cpuMicros - before.cpuMicros) / answered,
    'loop delay p99 ms': p99,
  };
}
