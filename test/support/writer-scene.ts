import { BacklogWriter } from '../../src/broker/backlog-writer';
import { MessageCopies } from '../../src/broker/message-copies';
import type { BacklogSettings } from '../../src/model';
import { formatTimestamp } from '../../src/timestamp';
import { captureLog } from './capture-log';
import { FakeMessageStore } from './fakes';
import { ManualClock } from './manual-clock';

export const LIMITS: BacklogSettings = { maxMessages: 10, maxAgeSeconds: 60, overflow: 'drop_oldest' };
export const NEWEST: BacklogSettings = { ...LIMITS, overflow: 'drop_newest' };

/** So many whole numbers in order. */
export const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

/** Uniform in [0, 1), and the same in every run. */
export function newRandom(): () => number {
  let state = 1;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

/** One subscriber's backlog, its writer, and messages that are numbers. */
export function newWriterScene(subscriber: string) {
  const store = new FakeMessageStore();
  const clock = new ManualClock();
  const logged = captureLog();
  const dropped: number[] = [];
  const onDropped = (_subscriber: string, count: number) => void dropped.push(count);
  const writer = new BacklogWriter({ store, clock, log: logged.log, onDropped }, subscriber);
  const start = clock.now() * 1000;
  const at = (number: number) => formatTimestamp(start + number);
  const write = (number: number, limits = LIMITS, isLate = false) => {
    const message = { id: `msg_${number}`, topic: 'orders', timestamp: at(number), data: String(number) };
    return writer.write(new MessageCopies(store, message, clock), limits, isLate);
  };
  return {
    store,
    clock,
    logged,
    writer,
    at,
    write,
    writeAll: (wanted: readonly number[], limits = LIMITS) =>
      Promise.all(wanted.map((number) => write(number, limits))),
    waiting: () => store.dataOf(subscriber).map(Number),
    droppedCount: () => dropped.reduce((sum, count) => sum + count, 0),
  };
}

export type WriterScene = ReturnType<typeof newWriterScene>;
