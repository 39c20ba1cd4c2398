import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchContext, type Part, stopAll } from '../bench-context';
import { Child, script } from '../child';
import type { StoreCommands } from '../load/store-worker';
import type { PartReport } from '../report';
import { subscribe, type Subject } from '../subjects/subject';

const BYTES = 256;
const TOPIC = 'recovery';
const PUBLISHERS = 16;
const FILLING_AT_ONCE = 256;
const LOOK_EVERY_MS = 20;
/** Longer than this a drain takes only when it stands still. */
const MAX_SECONDS = 300;

/** A subscriber that was away returns: how fast it catches up, in which order, and what that takes. */
export const recoveryPart: Part = {
  name: 'recovery',
  title: `Recovery: a subscriber returns to a full backlog of messages of ${BYTES} B in the embedded store`,
  async run(context, report) {
    const url = `${context.origins[0] ?? ''}/recovery`;
    const dataDir = context.herald.newDataDir();
    const messages = context.either(100_000, 1000);
    await fillBacklog(context, url, dataDir, messages);
    const herald = await context.herald.start('herald', { DATA_DIR: dataDir });
    const drained = await measureDrain(context, report, { herald, url, messages });
    const live = await measureLive(context, herald);
    report.row(`${messages} messages`, 'herald', { 'drained/s': [drained], 'live pushes/s': [live] });
    report.check('drain / live push rate of one subscriber', [drained / live], { atLeast: 0.7 });
    await stopAll([herald]);
  },
};

async function change({ origin }: Subject, url: string, settings: object): Promise<void> {
  const response = await fetch(`${origin}/subscriber?url=${encodeURIComponent(url)}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!response.ok) throw new Error(`The settings were refused: ${await response.text()}`);
}

/** Straight into the store, as the messages would have come over days. */
async function fillBacklog(
  { herald }: BenchContext,
  url: string,
  dataDir: string,
  messages: number,
): Promise<void> {
  const server = await herald.start('herald', { DATA_DIR: dataDir });
  await subscribe(server, TOPIC, [url]);
  await change(server, url, { paused: true });
  await stopAll([server]);
  const store = new Child<StoreCommands>({ args: script('load/store-worker.ts') });
  await store.call('fill', { dataDir, subscriber: url, messages, bytes: BYTES, atOnce: FILLING_AT_ONCE });
  await store.call('close', { dataDir });
  await store.stop();
}

interface Drain {
  readonly herald: Subject;
  readonly url: string;
  readonly messages: number;
}

/** Lets the subscriber return, and checks what comes; the answer is messages a second. */
async function measureDrain(
  { receivers }: BenchContext,
  report: PartReport,
  { herald, url, messages }: Drain,
): Promise<number> {
  const heapMb = async () => (await herald.child.call('usage', { collectGarbage: true })).heapBytes / 1e6;
  const before = await heapMb();
  const countBefore = await receivers.call('count', null);
  await receivers.call('watchOrder', null);
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  await change(herald, url, { paused: false });
  let halfway = 0;
  let arrived = 0;
  while (arrived < messages) {
    if (seconds() > MAX_SECONDS) throw new Error(`Only ${arrived} of ${messages} messages came`);
    await sleep(LOOK_EVERY_MS);
    arrived = (await receivers.call('count', null)) - countBefore;
    if (halfway === 0 && arrived > messages / 2) halfway = await heapMb();
  }
  const rate = arrived / seconds();
  const order = await receivers.call('order', null);
  report.check('missing', [messages - (order.arrivals - order.repeated)], { atMost: 0 });
  report.check('twice', [order.repeated], { atMost: 0 });
  report.check('out of their place', [order.displaced]);
  report.check('furthest from its place, in messages', [order.maxDisplacement]);
  report.check('heap growth by halfway, MB', [halfway - before], { atMost: 10 });
  return rate;
}

/** What one subscriber gets when it is there: every message is pushed as it is published. */
async function measureLive({ generator, either }: BenchContext, { origin }: Subject): Promise<number> {
  const load = { origin, paths: [`/publish/${TOPIC}`], bytes: BYTES, connections: PUBLISHERS };
  await generator.call('closedLoop', { ...load, seconds: either(2, 0.2) });
  const { answered, failed, seconds } = await generator.call('closedLoop', {
    ...load,
    seconds: either(5, 0.5),
  });
  if (failed > 0) throw new Error(`${failed} publishes failed`);
  return answered / seconds;
}
