import fc from 'fast-check';
import { StoreUnavailableError } from '../../src/errors';
import { traceField } from '../../src/trace-context';
import type { Message, PendingMessage } from '../../src/model';
import type { MessageStore, PendingQuery } from '../../src/store/message-store';
import type { Stores } from '../../src/store/stores';
import { describeSettingAside } from './message-aside.contract';
import { describeLastPosition } from './last-position.contract';
import { describeLateCopies } from './message-late.contract';
import { describeExpiry } from './message-expiry.contract';
import { describePurge } from './message-purge.contract';
import { ALICE, BOB, DAY_MS, HOUR_MS, KEPT, NOW, aMessage, at, copyFor } from './stores-harness';
import type { BackendDifferences, StoresHarness } from './stores-harness';

/** What every MessageStore promises. A backend is supported when it passes this, unchanged. */
export function describeMessageStore(
  name: string,
  newHarness: () => StoresHarness,
  differences: BackendDifferences = {},
): void {
  describe(`${name} keeps the MessageStore contract`, () => {
    let harness: StoresHarness;
    let stores: Stores;
    let store: MessageStore;

    beforeEach(async () => {
      harness = newHarness();
      stores = await harness.open();
      store = stores.messages;
    });

    afterEach(async () => {
      await stores.close();
      await harness.cleanUp();
    });

    async function reopen(): Promise<void> {
      await stores.close();
      stores = await harness.open();
      store = stores.messages;
    }

    const page = (subscriber: string, query: Partial<PendingQuery> = {}) =>
      store.pending(subscriber, { limit: 1000, maxBytes: 10_000_000, now: NOW, ...query });

    const backlog = async (subscriber: string, query: Partial<PendingQuery> = {}) =>
      (await page(subscriber, query)).messages;

    const positions = async (subscriber: string, query: Partial<PendingQuery> = {}) =>
      (await backlog(subscriber, query)).map((message) => message.position);

    /** Puts messages at these microseconds for Alice, in this order. */
    async function putForAlice(...micros: number[]): Promise<Message[]> {
      const messages = micros.map((n) => aMessage(n));
      for (const message of messages) expect(await store.put(message, [copyFor(ALICE)])).toEqual([]);
      return messages;
    }

    describe('put', () => {
      it('stores one pending copy per subscriber, at the position of the timestamp', async () => {
        const message = aMessage(5);
        expect(await store.put(message, [copyFor(ALICE), copyFor(BOB)])).toEqual([]);
        const pending: PendingMessage = { ...message, position: at(5), expiresAt: KEPT };
        expect(await backlog(ALICE)).toEqual([pending]);
        expect(await backlog(BOB)).toEqual([pending]);
      });

      it('stores nothing when there are no copies', async () => {
        expect(await store.put(aMessage(1), [])).toEqual([]);
        expect(await store.subscribersWithBacklog()).toEqual([]);
      });

      it('stores a copy for each of 130 subscribers', async () => {
        const urls = Array.from({ length: 130 }, (_, n) => `http://many.example/${n}`);
        expect(
          await store.put(
            aMessage(1),
            urls.map((url) => copyFor(url)),
          ),
        ).toEqual([]);
        expect([...(await store.subscribersWithBacklog())].sort()).toEqual([...urls].sort());
        expect(await positions('http://many.example/129')).toEqual([at(1)]);
      });

      it('takes the next free microsecond where another message stands, and replaces none', async () => {
        const [first, second, third] = [aMessage(1), aMessage(2), aMessage(1)];
        for (const message of [first, second, third]) await store.put(message, [copyFor(ALICE)]);
        expect(await backlog(ALICE)).toEqual([
          { ...first, position: at(1), expiresAt: KEPT },
          { ...second, position: at(2), expiresAt: KEPT },
          { ...third, position: at(3), expiresAt: KEPT },
        ]);
      });

      it('moves a copy only for the subscriber that has another message there', async () => {
        const [first, second] = [aMessage(1), aMessage(1)];
        await store.put(first, [copyFor(ALICE)]);
        await store.put(second, [copyFor(ALICE), copyFor(BOB)]);
        expect(await positions(ALICE)).toEqual([at(1), at(2)]);
        expect(await backlog(BOB)).toEqual([{ ...second, position: at(1), expiresAt: KEPT }]);
      });

      it('keeps all of many different messages with one timestamp that are put at once', async () => {
        const messages = Array.from({ length: 8 }, () => aMessage(1));
        await Promise.all(messages.map((message) => store.put(message, [copyFor(ALICE)])));
        const stored = await backlog(ALICE);
        expect(stored.map(({ id }) => id).sort()).toEqual(messages.map(({ id }) => id).sort());
        expect(stored.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map(at));
        expect(new Set(stored.map(({ timestamp }) => timestamp))).toEqual(new Set([at(1)]));
      });

      it('changes nothing when the subscriber has the message, and adds the copies that are missing', async () => {
        const message = aMessage(1);
        await store.put(message, [copyFor(ALICE)]);
        await store.put(message, [copyFor(ALICE), copyFor(BOB), copyFor(BOB)]);
        expect(await positions(ALICE)).toEqual([at(1)]);
        expect(await positions(BOB)).toEqual([at(1)]);
        expect([await store.countPending(ALICE), await store.countPending(BOB)]).toEqual([1, 1]);
      });

      it('stores a message once when it is put twice at once', async () => {
        const message = aMessage(1);
        await Promise.all([store.put(message, [copyFor(ALICE)]), store.put(message, [copyFor(ALICE)])]);
        expect(await positions(ALICE)).toEqual([at(1)]);
        expect(await store.countPending(ALICE)).toBe(1);
      });

      it('leaves a received copy received when the message is put again', async () => {
        const [message] = await putForAlice(1);
        await store.markReceived(ALICE, [at(1)], KEPT);
        if (message) await store.put(message, [copyFor(ALICE)]);
        expect(await backlog(ALICE)).toEqual([]);
        expect(await store.countPending(ALICE)).toBe(0);
      });

      it('knows a moved message again', async () => {
        const [first, second] = [aMessage(1), aMessage(1)];
        for (const message of [first, second, second]) await store.put(message, [copyFor(ALICE)]);
        expect(await positions(ALICE)).toEqual([at(1), at(2)]);
      });

      it('accepts data of maxMessageBytes, and refuses more', async () => {
        const data = `"${'x'.repeat(store.maxMessageBytes - 2)}"`;
        const message = aMessage(1, { data });
        await store.put(message, [copyFor(ALICE)]);
        await expect(store.put(aMessage(2, { data: `${data} ` }), [copyFor(ALICE)])).rejects.toThrow();
        const stored = await backlog(ALICE);
        expect(stored.map(({ position }) => position)).toEqual([at(1)]);
        expect(stored[0]?.data === data).toBe(true);
      });

      it.each([
        '12345678901234567890',
        '1.0',
        '-0',
        '1E400',
        'null',
        '""',
        ' {"b":1,"a":2,"b":3}\n',
        String.raw`"\u0000 \ud800 \/ \" é 😀"`,
        '"\u2028\u2029\uFEFF\uFFFF"',
        '[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]',
      ])('gives the data back as it came: %j', async (data) => {
        await store.put(aMessage(1, { data }), [copyFor(ALICE)]);
        expect((await backlog(ALICE))[0]?.data).toBe(data);
      });

      it('keeps the trace of a message that has one', async () => {
        const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
        const alone = aMessage(1, traceField(traceparent));
        const both = aMessage(2, traceField(`${traceparent}\na=1, b=2`));
        const none = aMessage(3);
        for (const message of [alone, both, none]) await store.put(message, [copyFor(ALICE)]);
        expect(await backlog(ALICE)).toEqual(
          [alone, both, none].map((message) => ({
            ...message,
            position: message.timestamp,
            expiresAt: KEPT,
          })),
        );
      });

      it('gives any JSON text back as it came', async () => {
        let micros = 0;
        await fc.assert(
          fc.asyncProperty(fc.json({ stringUnit: 'grapheme' }), async (data) => {
            const message = aMessage((micros += 1), { data });
            await store.put(message, [copyFor(ALICE)]);
            const stored = await backlog(ALICE, { after: at(micros - 1) });
            expect(stored).toEqual([{ ...message, position: message.timestamp, expiresAt: KEPT }]);
          }),
          { numRuns: 25 },
        );
      });
    });

    describe('pending', () => {
      it('gives the oldest position first, whatever the order of the puts', async () => {
        await putForAlice(3, 1, 1_000_000, 2);
        expect(await positions(ALICE)).toEqual([1, 2, 3, 1_000_000].map(at));
      });

      it('is empty for a subscriber without copies', async () => {
        await putForAlice(1);
        expect(await page(BOB)).toEqual({ messages: [], hasMore: false });
      });

      it('gives only what lies behind `after` and before `before`', async () => {
        await putForAlice(1, 2, 3, 4, 5);
        expect(await positions(ALICE, { after: at(2) })).toEqual([at(3), at(4), at(5)]);
        expect(await positions(ALICE, { before: at(3) })).toEqual([at(1), at(2)]);
        expect(await positions(ALICE, { after: at(1), before: at(4) })).toEqual([at(2), at(3)]);
        expect(await positions(ALICE, { after: at(3), before: at(3) })).toEqual([]);
        expect(await positions(ALICE, { after: at(4), before: at(2) })).toEqual([]);
      });

      it('gives at most `limit` copies and says whether more may follow', async () => {
        await putForAlice(1, 2, 3, 4, 5);
        const first = await page(ALICE, { limit: 2 });
        expect(first.messages.map(({ position }) => position)).toEqual([at(1), at(2)]);
        expect(first.hasMore).toBe(true);
        const rest = await page(ALICE, { limit: 10, after: at(2) });
        expect(rest.messages.map(({ position }) => position)).toEqual([at(3), at(4), at(5)]);
        expect(rest.hasMore).toBe(false);
      });

      it('ends the page once its data exceed `maxBytes`, counted in UTF-8', async () => {
        const data = `"${'é'.repeat(49)}"`;
        for (const n of [1, 2, 3, 4, 5]) await store.put(aMessage(n, { data }), [copyFor(ALICE)]);
        const first = await page(ALICE, { maxBytes: 250 });
        // The copy that exceeds the bound may be the page's last or the next page's first.
        expect([2, 3]).toContain(first.messages.length);
        expect(first.hasMore).toBe(true);
        const rest = await page(ALICE, { after: String(first.messages.at(-1)?.position) });
        expect(first.messages.length + rest.messages.length).toBe(5);
        expect(rest.hasMore).toBe(false);
      });

      it('gives one copy even when that alone exceeds `maxBytes`', async () => {
        await putForAlice(1, 2);
        const first = await page(ALICE, { maxBytes: 1 });
        expect(first.messages.map(({ position }) => position)).toEqual([at(1)]);
        expect(first.hasMore).toBe(true);
      });

      it('leaves out what expired at or before `now`', async () => {
        await store.put(aMessage(1), [copyFor(ALICE, NOW + HOUR_MS)]);
        await store.put(aMessage(2), [copyFor(ALICE, NOW + DAY_MS)]);
        expect(await positions(ALICE, { now: NOW + HOUR_MS - 1000 })).toEqual([at(1), at(2)]);
        expect(await positions(ALICE, { now: NOW + HOUR_MS })).toEqual([at(2)]);
        expect(await positions(ALICE, { now: NOW + HOUR_MS, limit: 1 })).toEqual([at(2)]);
        expect(await page(ALICE, { now: NOW + DAY_MS })).toEqual({ messages: [], hasMore: false });
      });

      it('changes nothing', async () => {
        await putForAlice(1, 2);
        expect(await page(ALICE)).toEqual(await page(ALICE));
        expect(await store.countPending(ALICE)).toBe(2);
      });
    });

    describe('locate', () => {
      it('finds pending copies by their message ids, moved ones too', async () => {
        const [first, second] = await putForAlice(1, 1);
        const found = await store.locate(ALICE, [String(second?.id), String(first?.id)]);
        expect(found).toEqual(
          new Map([
            [first?.id, at(1)],
            [second?.id, at(2)],
          ]),
        );
      });

      it('leaves out ids that are unknown, of another subscriber, or received', async () => {
        const [first, second] = await putForAlice(1, 2);
        const bobs = aMessage(3);
        await store.put(bobs, [copyFor(BOB)]);
        await store.markReceived(ALICE, [at(1)], KEPT);
        const ids = [first, second, bobs, aMessage(2), aMessage(9)].map((message) => String(message?.id));
        expect(await store.locate(ALICE, [...ids, 'msg_unknown', ''])).toEqual(
          new Map([[second?.id, at(2)]]),
        );
        expect(await store.locate(ALICE, [])).toEqual(new Map());
        expect(await store.locate('http://nobody.example/', ids)).toEqual(new Map());
      });
    });

    describe('markReceived', () => {
      it('takes copies out of the backlog and says how many', async () => {
        await putForAlice(1, 2, 3);
        expect(await store.markReceived(ALICE, [at(1), at(3)], KEPT)).toBe(2);
        expect(await positions(ALICE)).toEqual([at(2)]);
        expect(await store.countPending(ALICE)).toBe(1);
      });

      it('ignores positions that hold no pending copy', async () => {
        await putForAlice(1, 2);
        await store.put(aMessage(3), [copyFor(BOB)]);
        expect(await store.markReceived(ALICE, [at(1), at(1), at(3), at(9), 'nowhere'], KEPT)).toBe(1);
        expect(await store.markReceived(ALICE, [at(1)], KEPT)).toBe(0);
        expect(await store.markReceived(ALICE, [], KEPT)).toBe(0);
        expect(await store.markReceived('http://nobody.example/', [at(1)], KEPT)).toBe(0);
        expect(await positions(BOB)).toEqual([at(3)]);
      });

      it('counts each copy for one of two calls made at once', async () => {
        await putForAlice(1, 2, 3);
        const all = [at(1), at(2), at(3)];
        const counts = await Promise.all([1, 2].map(() => store.markReceived(ALICE, all, KEPT)));
        expect(counts.reduce((sum, count) => sum + count)).toBe(3);
        expect(await store.countPending(ALICE)).toBe(0);
      });
    });

    describe('markReceivedUpTo', () => {
      it('marks every pending copy at or before the position', async () => {
        await putForAlice(1, 2, 3, 4);
        await store.put(aMessage(1), [copyFor(BOB)]);
        await store.markReceived(ALICE, [at(1)], KEPT);
        expect(await store.markReceivedUpTo(ALICE, at(3), KEPT)).toBe(2);
        expect(await store.markReceivedUpTo(ALICE, at(3), KEPT)).toBe(0);
        expect(await positions(ALICE)).toEqual([at(4)]);
        expect(await positions(BOB)).toEqual([at(1)]);
        expect(await store.countPending(ALICE)).toBe(1);
      });

      it('marks nothing for a subscriber without copies', async () => {
        expect(await store.markReceivedUpTo(ALICE, at(3), KEPT)).toBe(0);
      });
    });

    describePurge(() => ({ store, putForAlice, positions, backlog }), differences);

    describe('countPending and subscribersWithBacklog', () => {
      it('count pending copies, expired ones included', async () => {
        expect(await store.countPending(ALICE)).toBe(0);
        await store.put(aMessage(1), [copyFor(ALICE, NOW + HOUR_MS)]);
        await store.put(aMessage(2), [copyFor(ALICE), copyFor(BOB)]);
        expect(await positions(ALICE, { now: NOW + HOUR_MS })).toEqual([at(2)]);
        expect([await store.countPending(ALICE), await store.countPending(BOB)]).toEqual([2, 1]);
      });

      it('name every subscriber with pending copies', async () => {
        expect(await store.subscribersWithBacklog()).toEqual([]);
        await putForAlice(1, 2);
        await store.put(aMessage(3), [copyFor(BOB)]);
        expect([...(await store.subscribersWithBacklog())].sort()).toEqual([ALICE, BOB]);
        await store.markReceived(ALICE, [at(1)], KEPT);
        expect(await store.subscribersWithBacklog()).toContain(ALICE);
      });
    });

    describeSettingAside(() => ({ store, putForAlice, page, reopen }));
    describeLateCopies(() => ({ store, putForAlice, page, reopen }), differences);

    describeExpiry(() => ({ store, putForAlice, positions }), differences);

    describeLastPosition(() => ({ stores, reopen }), differences);

    describe('durability and faults', () => {
      it('finds everything again after it was closed', async () => {
        const [first, second] = await putForAlice(1, 2);
        await store.markReceived(ALICE, [at(1)], KEPT);
        await reopen();
        expect(await backlog(ALICE)).toEqual([{ ...second, position: at(2), expiresAt: KEPT }]);
        expect(await store.countPending(ALICE)).toBe(1);
        expect(await store.subscribersWithBacklog()).toEqual([ALICE]);
        if (first) await store.put(first, [copyFor(ALICE)]);
        expect(await positions(ALICE)).toEqual([at(2)]);
      });

      it('finishes what was asked before it was closed, and closes once', async () => {
        const put = store.put(aMessage(1), [copyFor(ALICE)]);
        await Promise.all([stores.close(), stores.close()]);
        expect(await put).toEqual([]);
        await reopen();
        expect(await positions(ALICE)).toEqual([at(1)]);
      });

      it('answers a ping', async () => {
        await expect(stores.ping()).resolves.toBeUndefined();
      });

      it('rejects every operation with StoreUnavailableError when the backend cannot do it', async () => {
        const unreachable = await harness.openUnreachable();
        const down = unreachable.messages;
        const query = { limit: 1, maxBytes: 1, now: NOW };
        const asked: Record<string, Promise<unknown>> = {
          put: down.put(aMessage(1), [copyFor(ALICE), copyFor(BOB)]),
          pending: down.pending(ALICE, query),
          locate: down.locate(ALICE, [aMessage(1).id]),
          markReceived: down.markReceived(ALICE, [at(1)], KEPT),
          markReceivedUpTo: down.markReceivedUpTo(ALICE, at(1), KEPT),
          setAside: down.setAside(ALICE, at(1), 'timeout'),
          purge: down.purge(ALICE, {}),
          purgeExpired: down.purgeExpired(ALICE, NOW, 1),
          countPending: down.countPending(ALICE),
          subscribersWithBacklog: down.subscribersWithBacklog(),
          ping: unreachable.ping(),
          ...(differences.expiresByItself === undefined && { deleteExpired: down.deleteExpired(NOW, 1) }),
          ...(differences.knowsNoLateCopies === undefined && { lateCopies: down.lateCopies(1) }),
          ...(differences.knowsNoLastPosition === undefined && { lastPosition: down.lastPosition() }),
        };
        const settled = await Promise.allSettled(Object.values(asked));
        const errors = settled.map((one) => (one.status === 'rejected' ? (one.reason as unknown) : null));
        const faulty = Object.keys(asked).filter((_, n) => !(errors[n] instanceof StoreUnavailableError));
        expect(faulty).toEqual([]);
        await unreachable.close();
      });
    });
  });
}
