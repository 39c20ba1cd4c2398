import type { BenchContext, Part } from '../bench-context';
import { Child, script } from '../child';
import type { StoreCommands } from '../load/store-worker';
import { ratios, type PartReport } from '../report';
import { interleave } from '../rounds';

const SUBSCRIBER = 'http://127.0.0.1/backlog';
const BYTES = 256;
const FILLING_AT_ONCE = 256;

interface Backlog {
  readonly name: string;
  readonly dataDir: string;
}

/** Whether a page of a backlog costs what is in the page, and how fast a backlog is emptied. */
export const backlogPart: Part = {
  name: 'backlog',
  title: 'Backlog: pages of 100 messages × 256 B out of the embedded store, read on and on',
  async run(context, report) {
    const store = new Child<StoreCommands>({ args: script('load/store-worker.ts') });
    await measurePages(context, report, store);
    await measureDrain(context, report, store);
    await store.stop();
  },
};

async function measurePages(
  context: BenchContext,
  report: PartReport,
  store: Child<StoreCommands>,
): Promise<void> {
  const few = context.either(1000, 300);
  const many = context.either(1_000_000, 3000);
  const backlog = async (pending: number, received: number): Promise<Backlog> => {
    const dataDir = context.herald.newDataDir();
    const fill = { dataDir, subscriber: SUBSCRIBER, bytes: BYTES, atOnce: FILLING_AT_ONCE };
    if (received > 0) {
      await store.call('fill', { ...fill, messages: received });
      await store.call('markAll', fill);
    }
    await store.call('fill', { ...fill, messages: pending });
    return {
      name: received > 0 ? `${pending} pending, ${received} received` : `${pending} pending`,
      dataDir,
    };
  };
  const base = await backlog(few, 0);
  const others = [await backlog(many, 0), await backlog(few, many)];
  const samples = await interleave([base, ...others], context.either(7, 1), async ({ dataDir }) => {
    const count = context.either(200, 20);
    const { p50, p99 } = await store.call('pages', { dataDir, subscriber: SUBSCRIBER, count });
    return { 'page µs p50': p50, 'page µs p99': p99 };
  });
  report.rowsOf('page of 100', samples);
  for (const { name } of others) {
    const values = ratios(samples, 'page µs p50', name, base.name);
    report.check(`page of 100, ${name} / ${base.name}`, values, { atMost: 1.2 });
  }
  for (const { dataDir } of [base, ...others]) await store.call('close', { dataDir });
}

async function measureDrain(
  context: BenchContext,
  report: PartReport,
  store: Child<StoreCommands>,
): Promise<void> {
  const messages = context.either(100_000, 1000);
  const dataDir = context.herald.newDataDir();
  const fill = { dataDir, subscriber: SUBSCRIBER, bytes: BYTES, messages, atOnce: FILLING_AT_ONCE };
  const stored = await store.call('fill', fill);
  const drained = await store.call('drain', { dataDir, subscriber: SUBSCRIBER });
  await store.call('close', { dataDir });
  report.row(`${messages} messages`, 'store', { 'stored/s': [stored], 'read and marked/s': [drained] });
}
