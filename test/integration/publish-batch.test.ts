import { once } from 'node:events';
import { deferred } from '../support/deferred';
import { DeliveryScene, NEVER } from '../support/delivery-scene';
import type { Fault } from '../support/herald-client';
import { refusingUrl } from '../support/misbehaving';
import { eventually } from '../support/eventually';
import { connectTo } from '../support/raw-http';

const JSON_LINES = { 'content-type': 'application/x-ndjson' };

describe('publishing newline-delimited JSON', () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
    await scene.start(NEVER);
  });

  afterEach(async () => {
    await scene.close();
  });

  const send = (body: string, headers: Readonly<Record<string, string>> = JSON_LINES) =>
    scene.herald.request('POST', `/publish/${scene.topic}`, { headers, body });

  const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n));

  async function expectFault(response: Response, status: number, code: string): Promise<void> {
    expect(await response.json()).toMatchObject({ code });
    expect(response.status).toBe(status);
    expect(scene.receiver.received).toHaveLength(0);
  }

  it('answers one line for each message, in their order, and pushes them in it', async () => {
    await scene.subscribe({ maxInFlight: 1 });
    const response = await send(numbers(50).join('\n'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    const lines = (await response.text()).split('\n');
    expect(lines.pop()).toBe('');
    const answers = lines.map((line) => JSON.parse(line) as { id: string; status: number });
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(answers[0]).toMatchObject({
      message: 'The subscriber received the message',
      topic: scene.topic,
      delivered: [{ url: scene.url, status: 200 }],
    });
    expect(scene.receivedIds).toEqual(answers.map(({ id }) => id));
    expect(scene.receiver.messages.map(({ data }) => data)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('passes each line on byte for byte, blank lines and line ends of either kind left out', async () => {
    await scene.subscribe({ maxInFlight: 1 });
    const texts = ['{"b": 1.0, "a":1e400}', ' [1 , 2] ', '"\\u00e9\\/"', '12345678901234567890'];
    await (await send(`${texts.join('\r\n')}\n\n  \n`)).text();
    expect(scene.receiver.received.map(({ body }) => body.toString().replace(/^.*?"data":/, ''))).toEqual(
      texts.map((text) => `${text}}`),
    );
  });

  it('answers a line that is not JSON with its fault, and publishes the others', async () => {
    await scene.subscribe();
    const answers = (await (await send('1\n{"a":\n3')).text()).trimEnd().split('\n');
    expect(answers.map((line) => JSON.parse(line) as Fault)).toMatchObject([
      { status: 200 },
      { status: 400, code: 'invalid_json', message: expect.stringContaining('not valid JSON') },
      { status: 200 },
    ]);
    expect(scene.receiver.messages.map(({ data }) => data).sort()).toEqual([1, 3]);
  });

  it('answers a line that is too large with its fault, and publishes the others', async () => {
    await scene.subscribe();
    const answers = await scene.herald.publishBatch(scene.topic, ['1', `"${'x'.repeat(262_144)}"`, '3']);
    expect(answers).toMatchObject([
      { status: 200 },
      { status: 413, code: 'message_too_large' },
      { status: 200 },
    ]);
  });

  it('takes 1,000 lines, and refuses 1,001 without publishing any', async () => {
    await scene.subscribe({ delivery: 'poll' });
    await expectFault(await send(numbers(1001).join('\n')), 413, 'batch_too_large');
    expect(await scene.describe()).toMatchObject({ pending: 0 });
    expect(await scene.herald.publishBatch(scene.topic, numbers(1000))).toHaveLength(1000);
    expect(await scene.describe()).toMatchObject({ pending: 1000 });
  });

  it.each(['', '\n', '\r\n \n'])('answers 400 to %j, which has no line', async (body) => {
    await scene.subscribe();
    await expectFault(await send(body), 400, 'empty_body');
  });

  it('answers 400 to what is not UTF-8', async () => {
    await scene.subscribe();
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    const path = `/publish/${scene.topic}`;
    const response = await scene.herald.request('POST', path, { headers: JSON_LINES, body });
    await expectFault(response, 400, 'invalid_json');
  });

  it.each([
    ['text/plain', 415, 'unsupported_media_type'],
    ['application/ndjson', 415, 'unsupported_media_type'],
    ['application/json', 400, 'invalid_json'],
    ['application/x-ndjson; charset=utf-16', 415, 'unsupported_media_type'],
  ])('as %s is answered %i', async (type, status, code) => {
    await scene.subscribe();
    await expectFault(await send('1\n2', { 'content-type': type }), status, code);
  });

  it('has an answer for a line of what is white space elsewhere than in JSON', async () => {
    await scene.subscribe();
    const answers = (await (await send('1\n\u00a0\n2')).text()).trim().split('\n');
    expect(answers.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([200, 400, 200]);
  });

  it('shares no key of a line with a publish', async () => {
    await scene.subscribe();
    await send('{"n":1}', { ...JSON_LINES, 'idempotency-key': 'order' });
    const { status, headers } = await scene.herald.request('POST', `/publish/${scene.topic}`, {
      headers: { 'content-type': 'application/json', 'idempotency-key': 'order/0' },
      body: '{"n":1}',
    });
    expect([status, headers.get('idempotency-replayed')]).toEqual([200, null]);
    expect(scene.receiver.received).toHaveLength(2);
  });

  it('is refused while the bodies of others take all memory for them, and taken once they have left', async () => {
    await scene.subscribe();
    // One more than there is memory for: what it is answered says that the others have it all.
    const clients = await Promise.all(Array.from({ length: 17 }, () => connectTo(scene.service.url)));
    const refused = Promise.any(clients.map((client) => once(client, 'data')));
    for (const client of clients) {
      client.write(
        `POST /publish/${scene.topic} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n`,
      );
      client.write('Content-Length: 16777216\r\n\r\n1');
    }
    expect(String(await refused)).toMatch(/^HTTP\/1\.1 503 /);
    const large = `"${'x'.repeat(100_000)}"`;
    const response = await send(large);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ code: 'overloaded' });
    expect((await send('"small"')).status).toBe(200);
    for (const client of clients) client.destroy();
    await eventually(async () => expect((await send(large)).status).toBe(200));
  });

  it('answers 404 when nobody is subscribed', async () => {
    await expectFault(await send('1\n2'), 404, 'topic_not_found');
  });

  it('answers the first lines before the last are delivered', async () => {
    const held = deferred();
    scene.receiver.otherwise = ({ body }) => (body.includes('slow') ? { after: held.promise } : 200);
    await scene.subscribe();
    const response = await send('"first"\n"slow"');
    const reader = response.body?.getReader();
    const nextLine = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(JSON.parse(await nextLine())).toMatchObject({ status: 200 });
    held.resolve();
    expect(JSON.parse(await nextLine())).toMatchObject({ status: 200 });
  });

  it('tells of an offline subscriber in every line, and stores its copies', async () => {
    const offline = await refusingUrl();
    await scene.subscribe();
    await scene.herald.subscribe(scene.topic, offline);
    const answers = await scene.herald.publishBatch(scene.topic, numbers(40));
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(202));
    for (const { delivered, undelivered } of answers) {
      expect(delivered).toMatchObject([{ url: scene.url }]);
      expect(undelivered).toMatchObject([{ url: offline, stored: true }]);
    }
    const { messages } = await scene.herald.poll(offline);
    expect(messages.map(({ id }) => id)).toEqual(answers.map(({ id }) => id));
    expect(scene.receivedIds.sort()).toEqual(answers.map(({ id }) => id));
  });

  it('with Prefer: respond-async answers each line once it is stored', async () => {
    const held = deferred();
    scene.receiver.otherwise = { after: held.promise };
    await scene.subscribe();
    const answers = await scene.herald.publishBatch(scene.topic, numbers(40), { prefer: 'respond-async' });
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(202));
    held.resolve();
    await scene.expectDrained();
    expect([...new Set(scene.receivedIds)].sort()).toEqual(answers.map(({ id }) => id));
  });

  it('says which preference it honours', async () => {
    await scene.subscribe();
    const response = await send('1', { ...JSON_LINES, prefer: 'respond-async' });
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, 'respond-async']);
    expect(await response.text()).toMatch(/"status":202/);
    await scene.expectDrained();
  });

  it('with an Idempotency-Key publishes no line a second time', async () => {
    await scene.subscribe();
    const headers = { 'idempotency-key': 'batch-1' };
    const first = await scene.herald.publishBatch(scene.topic, numbers(20), headers);
    const again = await scene.herald.publishBatch(scene.topic, [...numbers(20), '20'], headers);
    expect(again.slice(0, 20)).toEqual(first);
    expect(scene.receiver.received).toHaveLength(21);
  });
});
