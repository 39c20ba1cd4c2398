import type { NamedEvent } from '../../src/events';
import { TailBatches } from '../../src/http/tail/tail-batches';
import { TailEvent, type TailFilter } from '../../src/http/tail/tail-event';
import type { TailReader } from '../../src/http/tail/tail-reader';

/** Keeps what it is sent. */
class FakeReader {
  readonly sent: Buffer[] = [];

  constructor(readonly filter: TailFilter = {}) {}

  send(block: Buffer): void {
    this.sent.push(block);
  }

  get text(): string {
    return Buffer.concat(this.sent).toString();
  }
}

const received = (data: string, topic = 'orders'): NamedEvent => ({
  name: 'event.received',
  event: { topic, data, at: '' },
});

describe('TailBatches', () => {
  let now: number;
  let batches: TailBatches;
  let number: number;

  beforeEach(() => {
    now = 0;
    number = 0;
    batches = new TailBatches({
      gap: (missed) => Buffer.from(`gap ${missed}\n`),
      now: () => now,
      bytesPerSecond: 10_000,
    });
  });

  afterEach(() => batches.flush());

  const join = (filter?: TailFilter) => {
    const reader = new FakeReader(filter);
    batches.add(reader as unknown as TailReader);
    return reader;
  };
  const offer = (named: NamedEvent) => batches.offer(new TailEvent(named, `e-${++number}`));

  it('puts together once what readers of the same filter get', () => {
    const [one, same, other] = [join(), join(), join({ topic: 'orders' })];
    offer(received('1'));
    offer(received('2', 'parcels'));
    batches.flush();
    expect(one.sent).toHaveLength(1);
    expect(same.sent[0]).toBe(one.sent[0]);
    expect(one.text).toContain('"data":"2"');
    expect(other.text).toContain('"data":"1"');
    expect(other.text).not.toContain('"data":"2"');
  });

  it('sends nobody what happened before it came', () => {
    const first = join();
    offer(received('1'));
    const second = join();
    batches.flush();
    expect(first.sent).toHaveLength(1);
    expect(second.sent).toEqual([]);
  });

  it('leaves out what is over the allowance of all readers, and says how much', () => {
    const readers = [join(), join()];
    for (let n = 0; n < 20; n++) offer(received('x'.repeat(600)));
    batches.flush();
    // 1,000 bytes for each of two readers, of 10,000 in all.
    for (const { text } of readers) {
      expect(text.match(/^event: event\.received$/gm)).toHaveLength(5);
      expect(text.endsWith('gap 15\n')).toBe(true);
    }
  });

  it('sends again what comes after a pause', () => {
    const reader = join();
    for (let n = 0; n < 20; n++) offer(received('x'.repeat(600)));
    batches.flush();
    now += 500;
    for (let n = 0; n < 20; n++) offer(received('x'.repeat(600)));
    batches.flush();
    expect(reader.text.match(/gap \d+/g)).toEqual(['gap 10', 'gap 15']);
  });

  it('forgets those who have left', () => {
    const reader = join();
    batches.remove(reader as unknown as TailReader);
    offer(received('1'));
    batches.flush();
    expect(reader.sent).toEqual([]);
  });
});
