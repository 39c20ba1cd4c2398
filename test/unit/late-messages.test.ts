import type { PolledPage } from '../../src/broker/backlog-pages';
import { parseTimestamp } from '../../src/timestamp';
import { type BrokerParts, newBrokerParts } from '../support/broker-parts';
import { crashedClaim } from '../support/crashed-claim';
import { deferred, settled } from '../support/deferred';

const POLLER = 'http://localhost:9001/poller';
const OTHER = 'http://localhost:9002/other';
const TOPIC = 'orders';
const LATE = '"late"';
const SEEN = '"seen"';
const NEXT = '"next"';
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

  /** What a crash leaves of publishes whose keys were claimed, and a message behind them that is polled. */
  async function crashedPublish(count = 1): Promise<void> {
    for (let n = 1; n <= count; n += 1) {
      const micros = parts.clock.now() * 1000 - 1_000_000 + n;
      await parts.disk.idempotency.claim(crashedClaim(TOPIC, `k${n}`, LATE, { micros }), 0);
    }
    await parts.broker.publish(TOPIC, SEEN);
    cursor = String((await poll()).cursor);
  }

  const poll = (after?: string, waitMs = 0) =>
    parts.backlog.poll(POLLER, {
      limit: 100,
      ...(after !== undefined && { after }),
      waitMs,
      gone: NEVER_GONE,
    });
  const dataIn = ({ messages }: PolledPage) => messages.map(({ data }) => data);
  const ack = (upTo: string | null = cursor) => parts.backlog.ack(POLLER, { upTo: String(upTo) });
  const publishLate = (n = 1) => parts.idempotent.publish(TOPIC, LATE, `k${n}`);
  const dataOf = async () => dataIn(await poll());

  it('is left alone by an ack by the cursor that is under way', async () => {
    await crashedPublish();
    const marking = deferred();
    parts.disk.messages.gate = (operation) =>
      operation === 'markReceivedUpTo' ? marking.promise : Promise.resolve();
    const acking = ack();
    await expect(publishLate()).resolves.toMatchObject({ isReplay: false });
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

  it('is acked by the cursor of the page that it was on, and by none from before', async () => {
    await crashedPublish();
    await publishLate();
    const page = await poll();
    expect(dataIn(page)).toEqual([LATE, SEEN]);
    await expect(ack()).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([LATE]);
    await expect(ack(page.cursor)).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([]);
  });

  it('is acked by its id', async () => {
    await crashedPublish();
    const { result } = await publishLate();
    await expect(parts.backlog.ack(POLLER, { ids: [result.id] })).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([SEEN]);
  });

  it('is acked by the same cursors after a restart', async () => {
    await crashedPublish();
    await publishLate();
    const page = await poll();
    parts = newBrokerParts({ disk: parts.disk, clock: parts.clock });
    await expect(ack()).resolves.toEqual({ acked: 1, unknown: [] });
    expect(await dataOf()).toEqual([LATE]);
    await expect(ack(page.cursor)).resolves.toEqual({ acked: 1, unknown: [] });
  });

  it('is on the next page behind the cursor, which ends where it began', async () => {
    await crashedPublish();
    await parts.broker.publish(TOPIC, NEXT);
    await publishLate();
    const first = await poll(cursor);
    expect([dataIn(first), first.cursor?.split('~')[0], first.hasMore]).toEqual([[LATE], cursor, true]);
    expect(dataIn(await poll(cursor))).toEqual([LATE]);
    const second = await poll(String(first.cursor));
    expect([dataIn(second), second.hasMore]).toEqual([[NEXT], false]);
    expect(dataIn(await poll(String(second.cursor)))).toEqual([]);
    await expect(ack(second.cursor)).resolves.toEqual({ acked: 3, unknown: [] });
  });

  it('is on the next page behind the cursor also when another process stored it', async () => {
    await crashedPublish();
    await publishLate();
    parts = newBrokerParts({ disk: parts.disk, clock: parts.clock });
    await parts.subscribers.load();
    expect(dataIn(await poll(cursor))).toEqual([LATE]);
  });

  it('wakes who waits behind the cursor', async () => {
    await crashedPublish();
    const polling = poll(cursor, 1000);
    await settled();
    await publishLate();
    expect(dataIn(await polling)).toEqual([LATE]);
  });

  it('is not looked for any more once it was acked by its id', async () => {
    await crashedPublish();
    const { result } = await publishLate();
    await parts.backlog.ack(POLLER, { ids: [result.id] });
    expect(dataIn(await poll(cursor))).toEqual([]);
    parts.disk.messages.gate = (operation) =>
      operation === 'locate' ? Promise.reject(new Error('It was looked for')) : Promise.resolve();
    expect(dataIn(await poll(cursor))).toEqual([]);
  });

  it('is one of at most 64 on a page, and all are acked page by page', async () => {
    await crashedPublish(70);
    for (let n = 1; n <= 70; n += 1) await publishLate(n);
    const first = await poll();
    expect([first.messages.length, first.hasMore]).toEqual([64, true]);
    await expect(ack(first.cursor)).resolves.toMatchObject({ acked: 64 });
    const second = await poll(String(first.cursor));
    expect([dataIn(second).filter((data) => data === LATE).length, second.hasMore]).toEqual([6, false]);
    await expect(ack(second.cursor)).resolves.toMatchObject({ acked: 7 });
  });

  it('keeps nobody from going on who acks nothing, however many there are', async () => {
    await crashedPublish(200);
    for (let n = 1; n <= 200; n += 1) await publishLate(n);
    await parts.broker.publish(TOPIC, NEXT);
    const data: string[] = [];
    let page = await poll(cursor);
    for (let pages = 1; page.messages.length > 0 && pages < 100; pages += 1) {
      data.push(...dataIn(page));
      page = await poll(String(page.cursor));
    }
    expect(dataIn(page)).toEqual([]);
    expect(data).toContain(NEXT);
  });

  it('is left alone when the subscriber came while the key was being claimed', async () => {
    const claiming = deferred();
    parts.disk.idempotency.gate = (operation) =>
      operation === 'claim' ? claiming.promise : Promise.resolve();
    const publishing = parts.idempotent.publish(TOPIC, LATE, 'k');
    await parts.subscriptions.subscribe('news', OTHER);
    await parts.subscriptions.subscribe(TOPIC, OTHER);
    parts.clock.advance(1);
    await parts.broker.publish('news', SEEN);
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
