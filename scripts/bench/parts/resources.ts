import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchContext, type Part, stopAll } from '../bench-context';
import type { PartReport } from '../report';
import { subscribe, type Subject } from '../subjects/subject';

const FAN_OUT = 10;
const TOPIC = 'resources';
const LOAD = { paths: [`/publish/${TOPIC}`], bytes: 1024, connections: 16 };

/** What the server takes: time to start, memory, and the processor while nothing happens. */
export const resourcesPart: Part = {
  name: 'resources',
  title:
    'Resources: cold start, idle, memory over many deliveries, event loop under load (fan-out 10 × 1 KiB)',
  async run(context, report) {
    const dataDir = context.herald.newDataDir();
    const first = await context.herald.start('herald', { DATA_DIR: dataDir });
    const urls = context.origins.slice(0, FAN_OUT).map((origin) => `${origin}/hook`);
    await subscribe(first, TOPIC, urls);
    await stopAll([first]);
    const herald = await measureStarts(context, report, dataDir);
    await measureIdle(context, report, herald);
    await measureGrowth(context, report, herald);
    await stopAll([herald]);
  },
};

/** From the command to the first publish answered 2xx; leaves the last server running. */
async function measureStarts(
  { herald, either }: BenchContext,
  report: PartReport,
  dataDir: string,
): Promise<Subject> {
  const seconds: number[] = [];
  for (;;) {
    const startedAt = performance.now();
    const subject = await herald.start('herald', { DATA_DIR: dataDir }, publishOnce);
    seconds.push((performance.now() - startedAt) / 1000);
    if (seconds.length === either(7, 1)) {
      report.check('cold start to the first publish, s', seconds, { atMost: 1 });
      return subject;
    }
    await stopAll([subject]);
  }
}

function publishOnce(origin: string): Promise<Response> {
  return fetch(`${origin}/publish/${TOPIC}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"first"}',
  });
}

/** After half a minute of rest, in which V8 gives back what starting took: what a server takes that waits for work. */
async function measureIdle(
  { herald, either }: BenchContext,
  report: PartReport,
  { child }: Subject,
): Promise<void> {
  const unused = await herald.startAlone('herald');
  await sleep(either(30_000, 100));
  const seconds = either(10, 0.3);
  const before = await child.call('usage', { collectGarbage: false });
  await sleep(seconds * 1000);
  const after = await child.call('usage', { collectGarbage: false });
  report.check('idle: CPU, % of a core', [(after.cpuMicros - before.cpuMicros) / seconds / 1e4]);
  report.check('idle: resident MB', [(await unused.residentBytes()) / 1e6], { atMost: 80 });
  await unused.stop();
  report.check('idle after the first publish: resident MB', [(await child.residentBytes()) / 1e6]);
}

/** Memory before and after very many deliveries, and how the event loop keeps up meanwhile. */
async function measureGrowth(
  { generator, either }: BenchContext,
  report: PartReport,
  { origin, child }: Subject,
): Promise<void> {
  const run = async (deliveries: number) => {
    const atMost = deliveries / FAN_OUT;
    const { answered, failed } = await generator.call('closedLoop', {
      ...LOAD,
      origin,
      seconds: 240,
      atMost,
    });
    if (failed > 0) throw new Error(`${failed} publishes failed`);
    return { deliveries: answered * FAN_OUT, ...(await child.call('usage', { collectGarbage: true })) };
  };
  const before = await run(either(100_000, 1000));
  await child.call('watchLoop', null);
  const after = await run(either(1_000_000, 2000));
  const delay = await child.call('loopDelay', null);
  report.check('event-loop delay p99 under load, ms', [delay.p99], { atMost: 25 });
  report.row(`after ${before.deliveries} deliveries`, 'herald', memory(before));
  report.row(`after ${after.deliveries} more`, 'herald', memory(after));
  report.check(
    `heap growth over ${after.deliveries} deliveries, MB`,
    [(after.heapBytes - before.heapBytes) / 1e6],
    // Two collections of the same heap never leave exactly the same.
    { atMost: 2 },
  );
}

function memory({ residentBytes, heapBytes }: { residentBytes: number; heapBytes: number }) {
  return { 'resident MB': [residentBytes / 1e6], 'heap MB': [heapBytes / 1e6] };
}
