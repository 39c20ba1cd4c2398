import { type BenchContext, type Part, stopAll } from '../bench-context';
import { Child, script } from '../child';
import type { TailCommands } from '../load/tails';
import { type PartReport, ratios } from '../report';
import { interleave, measureThroughput, type Sample } from '../rounds';
import { subscribe, type Subject } from '../subjects/subject';

const TAILS = 100;
const TOPIC = 'tail';
const BYTES = 1024;
/** Publishes a second of the steady load. */
const RATE = 500;
/** What 100 readers may add to the server's own work for a publish. */
const BOUND = { atMost: 1.1 };
const [WITHOUT, WITH] = ['no tail', `${TAILS} tails`] as const;

/** What those who watch cost those who publish. */
export const tailPart: Part = {
  name: 'tail',
  title: `${TAILS} readers of GET /tail: fan-out 1 × 1 KiB; the server's own CPU time, the readers' left out`,
  async run(context, report) {
    // Two servers, since one that was watched goes on recording for a while.
    const subjects = [await context.herald.start(WITHOUT), await context.herald.start(WITH)];
    const tails = new Child<TailCommands>({ args: script('load/tails.ts') });
    try {
      for (const subject of subjects) await subscribe(subject, TOPIC, [`${String(context.origins[0])}/hook`]);
      await tails.call('open', { origin: String(subjects[1]?.origin), tails: TAILS });
      await compare(context, report, subjects, `${RATE}/s`, (subject) => steady(context, subject));
      await compare(context, report, subjects, 'as fast as it goes', (subject) =>
        saturated(context, subject),
      );
      const { bytes, connected } = await tails.call('read', null);
      report.note(`${connected} of ${TAILS} tails were connected at the end; they read ${bytes} bytes`);
    } finally {
      await Promise.all([tails.stop(), stopAll(subjects)]);
    }
  },
};

async function compare(
  { either }: BenchContext,
  report: PartReport,
  subjects: readonly Subject[],
  load: string,
  measure: (subject: Subject) => Promise<Sample>,
): Promise<void> {
  const samples = await interleave(subjects, either(5, 1), measure);
  report.rowsOf(load, samples);
  report.check(
    `${load}: CPU per publish, ${WITH} / ${WITHOUT}`,
    ratios(samples, 'CPU µs/publish', WITH, WITHOUT),
    BOUND,
  );
}

async function steady({ generator, either }: BenchContext, { child, origin }: Subject): Promise<Sample> {
  const load = { origin, paths: [`/publish/${TOPIC}`], bytes: BYTES, rate: RATE };
  await generator.call('openLoop', { ...load, seconds: either(1, 0.2) });
  const before = await child.call('usage', { collectGarbage: false });
  const { answered, failed } = await generator.call('openLoop', { ...load, seconds: either(5, 0.5) });
  const after = await child.call('usage', { collectGarbage: false });
  if (failed > 0) throw new Error(`${failed} of ${failed + answered} publishes failed`);
  return { 'CPU µs/publish': (after.cpuMicros - before.cpuMicros) / answered };
}

function saturated(context: BenchContext, subject: Subject): Promise<Sample> {
  const seconds = context.either(4, 0.3);
  const load = { paths: [`/publish/${TOPIC}`], bytes: BYTES, connections: 16, seconds };
  return measureThroughput(context, { subject, load, fanOut: 1, warmUpSeconds: context.either(1, 0.2) });
}
