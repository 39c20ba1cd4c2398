import { createHash } from 'node:crypto';
import type { PolledPage } from '../../src/broker/backlog';
import { formatTimestamp, parseTimestamp } from '../../src/timestamp';
import { type BrokerParts, newBrokerParts } from '../support/broker-parts';
import { deferred, settled } from '../support/deferred';

const POLLER = 'http://localhost:9001/poller';
const OTHER = 'http://localhost:9002/other';
const TOPIC = 'orders';
const LATE = '"late"';
const NEVER_GONE = new AbortController().signal;

/**
 * A poller has read one message. Before that one stands the place of another, which its publisher was told nothing of: a
 * crashed process gave it that place, or its key is being claimed.
 */
describe('a message that takes a place before what was polled', () => {
  let parts: BrokerParts;
  let cursor: string;

  beforeEach(async () => {
    parts = newBrokerParts();
    for (const url of [POLLER, OTHER]) await parts.subscribers.changeSettings(url, { delivery: 'poll' });
    await parts.subscriptions.subscribe(TOPIC, POLLER);
  });

  /** What a crash leaves of a publish whose key was claimed, and a message behind it that is polled. */
  async function crashedPublish(): Promise<void> {
    const micros = parts.clock.now() * 1000 - 1_000_000;
    await parts.disk.idempotency.claim(
      {
        key: `${TOPIC} k`,
        fingerprint: createHash('sha256').update(LATE).digest('base64'),
        messageId: 'msg_late',
        timestamp: formatTimestamp(micros),
        answer: null,
        expiresAt: Infinity,
      },
      0,
    );
    await parts.broker.publish(TOPIC, '"seen"');
    cursor = String((await poll()).cursor);
  }

  const poll = () => parts.backlog.poll(POLLER, { limit: 10, waitMs: 0, gone: NEVER_GONE });
  const pollBehind = (after: string, waitMs = 0) =>
    parts.backlog.poll(POLLER, { limit: 10, after, waitMs, gone: NEVER_GONE });
  const dataIn = ({ messages }: PolledPage) => messages.map(({ data }) => data);
  const ack = () => parts.backlog.ack(POLLER, { upTo: cursor });
  const publishLate = () => parts.idempotent.publish(TOPIC, LATE, 'k');
  const dataOf = async () => dataIn(await poll());

  it('is left alone by an ack by the cursor that is under way', async () => {
    await crashedPublish();
    const marking = deferred();
    parts.disk.messages.gate = (operation) =>
      operation === 'markReceivedUpTo' ? marking.promise : Promise.resolve();
    const acking = ack();
    await expect(publishLate()).resolves.toMatchObject({ result: { id: 'msg_late' } });
    marking.resolve();
    await expect(acking).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([LATE]);
  });

  it('is left alone by an ack that begins while it is being stored', async () => {
    await crashedPublish();
    const putting = deferred();
    parts.disk.messages.gate = (operation) => (operation === 'put' ? putting.promise : Promise.resolve());
    const publishing = publishLate();
    await settled();
    parts.disk.messages.gate = async () => {
      putting.resolve();
      await settled();
    };
    await expect(ack()).resolves.toEqual({ acked: 1, unknown: [] });
    await publishing;
    expect(await dataOf()).toEqual([LATE]);
  });

  it('is acked by a cursor once it was handed out', async () => {
    await crashedPublish();
    await publishLate();
    expect(await dataOf()).toEqual([LATE, '"seen"']);
    await expect(ack()).resolves.toEqual({ acked: 2, unknown: [] });
    expect(await dataOf()).toEqual([]);
  });

  it('is acked by its id', async () => {
    await crashedPublish();
    await publishLate();
    await expect(parts.backlog.ack(POLLER, { ids: ['msg_late'] })).resolves.toEqual({
      acked: 1,
      unknown: [],
    });
    expect(await dataOf()).toEqual(['"seen"']);
  });

  it('is left alone by a cursor from before a restart, and acked by it once it was handed out again', async () => {
    await crashedPublish();
    await publishLate();
    parts = newBrokerParts({ disk: parts.disk, clock: parts.clock });
    await expect(ack()).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([LATE]);
    await expect(ack()).resolves.toEqual({ acked: 1, unknown: [] });
  });

  it('is on the next page behind the cursor, once, and that page ends where it began', async () => {
    await crashedPublish();
    await parts.broker.publish(TOPIC, '"next"');
    await publishLate();
    const first = await pollBehind(cursor);
    expect([dataIn(first), first.cursor, first.hasMore]).toEqual([[LATE], cursor, true]);
    const second = await pollBehind(cursor);
    expect([dataIn(second), second.hasMore]).toEqual([['"next"'], false]);
    await expect(ack()).resolves.toEqual({ acked: 2, unknown: [] });
  });

  it('wakes who waits behind the cursor', async () => {
    await crashedPublish();
    const polling = pollBehind(cursor, 1000);
    await settled();
    await publishLate();
    expect(dataIn(await polling)).toEqual([LATE]);
  });

  it('is not looked for any more once it was acked by its id', async () => {
    await crashedPublish();
    await publishLate();
    await parts.backlog.ack(POLLER, { ids: ['msg_late'] });
    expect(dataIn(await pollBehind(cursor))).toEqual([]);
    const reads = parts.disk.messages.queries.length;
    expect(dataIn(await pollBehind(cursor))).toEqual([]);
    expect(parts.disk.messages.queries.length - reads).toBe(1);
  });

  it('is not taken for seen by a poller that left before its page was answered', async () => {
    await crashedPublish();
    await publishLate();
    const gone = AbortSignal.abort();
    await parts.backlog.poll(POLLER, { limit: 10, waitMs: 0, gone });
    await expect(ack()).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([LATE]);
  });

  it('is left alone when the subscriber came while the key was being claimed', async () => {
    const claiming = deferred();
    parts.disk.idempotency.gate = (operation) =>
      operation === 'claim' ? claiming.promise : Promise.resolve();
    const publishing = publishLate();
    await parts.subscriptions.subscribe('news', OTHER);
    await parts.subscriptions.subscribe(TOPIC, OTHER);
    parts.clock.advance(1);
    await parts.broker.publish('news', '"seen"');
    const page = await parts.backlog.poll(OTHER, { limit: 10, waitMs: 0, gone: NEVER_GONE });
    claiming.resolve();
    const { result } = await publishing;
    expect(parseTimestamp(result.timestamp)).toBeLessThan(Number(parseTimestamp(String(page.cursor))));
    await expect(parts.backlog.ack(OTHER, { upTo: String(page.cursor) })).resolves.toMatchObject({
      acked: 1,
    });
    const left = await parts.backlog.poll(OTHER, { limit: 10, waitMs: 0, gone: NEVER_GONE });
    expect(left.messages.map(({ data }) => data)).toEqual([LATE]);
  });
});
