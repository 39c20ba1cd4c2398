import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DeliveryScene, NEVER } from '../support/delivery-scene';

const LARGEST = 262_144;
const JSON_LINES = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };

describe('a batch that is small and costly', () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
    await scene.start(NEVER);
    await scene.subscribe({ delivery: 'poll' });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await scene.close();
  });

  const send = (body: string) =>
    scene.herald.request('POST', `/publish/${scene.topic}`, { headers: JSON_LINES, body: gzipSync(body) });

  const answersTo = async (body: string) =>
    (await (await send(body)).text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id?: string; status: number });

  const nested = (length: number) => '['.repeat(length / 2) + ']'.repeat(length / 2);

  it('has no line parsed that is larger than a message may be', async () => {
    const parse = jest.spyOn(JSON, 'parse');
    const answers = await answersTo(`${nested(2 * LARGEST)}\n${'['.repeat(LARGEST + 1)}\n1`);
    expect(parse.mock.calls.filter(([text]) => text.length > LARGEST)).toEqual([]);
    expect(answers).toMatchObject([
      { status: 413, code: 'message_too_large' },
      { status: 413, code: 'message_too_large' },
      { status: 202 },
    ]);
  });

  it('lets others have their turn between large lines, and keeps their order', async () => {
    let turn = 0;
    const over = new AbortController();
    const counting = (async () => {
      for (; !over.signal.aborted; turn += 1) await nextTurn();
    })();
    const parsedIn: number[] = [];
    const { parse } = JSON;
    jest.spyOn(JSON, 'parse').mockImplementation((text: string) => {
      if (text.length === LARGEST) parsedIn.push(turn);
      return parse(text) as unknown;
    });
    const lines = Array(10).fill(nested(LARGEST));
    const answers = await Promise.all([answersTo(lines.join('\n')), answersTo(lines.join('\n'))]);
    over.abort();
    await counting;
    expect(parsedIn).toHaveLength(20);
    expect(new Set(parsedIn).size).toBe(20);
    for (const batch of answers) {
      expect(batch.map(({ status }) => status)).toEqual(Array(10).fill(202));
      const ids = batch.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort());
    }
  });

  it.each([
    ['lines', '1\n', 413, 'batch_too_large'],
    ['blank lines', '\n', 400, 'empty_body'],
  ])('is refused without taking millions of %s apart', async (_name, line, status, code) => {
    const split = jest.spyOn(String.prototype, 'split');
    const response = await send(line.repeat((16 * 1024 * 1024) / line.length));
    expect([response.status, await response.json()]).toMatchObject([status, { code }]);
    expect(split.mock.results.filter(({ value }) => (value as string[]).length > 10_000)).toEqual([]);
  });
});
