import { type BenchContext, type Part, stopAll } from '../bench-context';
import { Child, script } from '../child';
import type { StoreCommands } from '../load/store-worker';
import { ratios } from '../report';
import { interleave, measureThroughput } from '../rounds';
import type { Subject } from '../subjects/subject';

const FAN_OUT = 10;

interface Loaded {
  readonly name: string;
  readonly subject: Subject;
  readonly topics: number;
  readonly startSeconds: number;
}

/** Whether a server with very many subscriptions is as fast as one with few. */
export const subscriptionsPart: Part = {
  name: 'subscriptions',
  title: 'Many subscriptions: 10 on each topic; publishes go to all topics in turn, fan-out 10 × 1 KiB',
  async run(context, report) {
    const store = new Child<StoreCommands>({ args: script('load/store-worker.ts') });
    const few = await startWith(context, store, 1);
    const many = await startWith(context, store, context.either(10_000, 100));
    await store.stop();
    for (const { name, subject, startSeconds } of [few, many]) {
      const { residentBytes, heapBytes } = await subject.child.call('usage', { collectGarbage: true });
      const mb = { 'resident MB': [residentBytes / 1e6], 'heap MB': [heapBytes / 1e6] };
      report.row('after the start', name, { 'start s': [startSeconds], ...mb });
      if (name === many.name) report.check(`resident MB with ${name}`, mb['resident MB'], { atMost: 250 });
    }
    const samples = await interleave([few, many], context.either(7, 1), ({ subject, topics }) =>
      measureThroughput(context, {
        subject,
        load: {
          paths: Array.from({ length: topics }, (_, n) => `/publish/topic-${n}`),
          bytes: 1024,
          connections: 16,
          seconds: context.either(3, 0.3),
        },
        fanOut: FAN_OUT,
        warmUpSeconds: context.either(1, 0.1),
      }),
    );
    report.rowsOf('publishing', samples);
    const values = ratios(samples, 'publishes/s', many.name, few.name);
    report.check(`publishes/s, ${many.name} / ${few.name}`, values, { atLeast: 0.95 });
    await stopAll([few.subject, many.subject]);
  },
};

async function startWith(
  context: BenchContext,
  store: Child<StoreCommands>,
  topics: number,
): Promise<Loaded> {
  const dataDir = context.herald.newDataDir();
  await store.call('subscribe', { dataDir, topics, origins: context.origins });
  await store.call('close', { dataDir });
  const name = `${topics * FAN_OUT} subscriptions`;
  const startedAt = performance.now();
  const subject = await context.herald.start(name, { DATA_DIR: dataDir });
  return { name, subject, topics, startSeconds: (performance.now() - startedAt) / 1000 };
}
