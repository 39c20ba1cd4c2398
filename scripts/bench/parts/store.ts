import { type BenchContext, type Part, stopAll } from '../bench-context';
import { Child, script } from '../child';
import type { StoreCommands } from '../load/store-worker';
import { offlineOrigins } from '../offline-ports';
import type { PartReport } from '../report';
import { interleave, type Sample } from '../rounds';
import { subscribe, type Subject } from '../subjects/subject';

const TOPIC = 'stored';
const PUBLISHERS = 64;
const BYTES = 1024;

/** How fast messages are stored whose only subscriber is offline. */
export const storePart: Part = {
  name: 'store',
  title: 'Storing: 64 publishers × 1 KiB, the only subscriber refuses connections, embedded store',
  async run(context, report) {
    const herald = await context.herald.start('herald');
    const urls = (await offlineOrigins(1)).map((origin) => `${origin}/hook`);
    await subscribe(herald, TOPIC, urls);
    const samples = await interleave([herald], context.either(5, 1), (subject) => measure(context, subject));
    report.rowsOf('1 subscriber offline', samples);
    const { 'stored/s': rate = [], 'loop delay p99 ms': delay = [] } = samples.get('herald') ?? {};
    report.check('stored messages/s', rate, { atLeast: 5000 });
    report.check('event-loop delay p99 meanwhile, ms', delay, { atMost: 30 });
    await stopAll([herald]);
    await measureStoreAlone(context, report);
  },
};

/** The same without HTTP and without attempts, to tell what of the rate is the disk's. */
async function measureStoreAlone({ herald, either }: BenchContext, report: PartReport): Promise<void> {
  const store = new Child<StoreCommands>({ args: script('load/store-worker.ts') });
  const dataDir = herald.newDataDir();
  const fill = { dataDir, subscriber: 'http://127.0.0.1/stored', bytes: BYTES, atOnce: PUBLISHERS };
  const rates: number[] = [];
  for (let round = 0; round < either(5, 1); round++) {
    rates.push(await store.call('fill', { ...fill, messages: either(20_000, 500) }));
  }
  await store.call('close', fill);
  await store.stop();
  report.row('64 at once', 'store alone', { 'stored/s': rates });
}

async function measure({ generator, either }: BenchContext, { origin, child }: Subject): Promise<Sample> {
  const load = { origin, paths: [`/publish/${TOPIC}`], bytes: BYTES, connections: PUBLISHERS };
  await generator.call('closedLoop', { ...load, seconds: either(1, 0.1) });
  const before = await child.call('usage', { collectGarbage: false });
  await child.call('watchLoop', null);
  const { answered, failed, seconds } = await generator.call('closedLoop', {
    ...load,
    seconds: either(3, 0.3),
  });
  const { p50, p99, max } = await child.call('loopDelay', null);
  const after = await child.call('usage', { collectGarbage: false });
  if (failed > 0) throw new Error(`${failed} of ${failed + answered} publishes failed`);
  return {
    'stored/s': answered / seconds,
    'CPU µs/message': (after.cpuMicros - before.cpuMicros) / answered,
    'loop delay p50 ms': p50,
    'loop delay p99 ms': p99,
    'loop delay max ms': max,
  };
}
