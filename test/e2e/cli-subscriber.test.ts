import { CliRun, herald } from '../support/cli-run';
import { CliScene } from '../support/cli-scene';
import { eventually } from '../support/eventually';

const POLLED = 'http://localhost/polled';
const UNKNOWN = 'http://localhost/unknown';

describe('the command line, of one subscriber', () => {
  let scene: CliScene;
  let client: CliScene['client'];
  let env: CliScene['env'];
  let receiver: CliScene['receiver'];
  let run: CliScene['run'];
  let json: CliScene['json'];

  beforeEach(async () => {
    scene = await CliScene.start();
    ({ client, env, receiver, run, json } = scene);
  });

  afterEach(async () => {
    await scene.close();
  });

  /** Messages 1 to `count` in the backlog of POLLED; resolves with their ids and timestamps, oldest first. */
  async function backlogOf(count: number) {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    for (let n = 1; n <= count; n += 1) await client.publish('orders', String(n));
    return (await client.poll(POLLED)).messages;
  }

  it('lists topics', async () => {
    expect(await run('topics')).toEqual({ code: 0, stdout: '', stderr: 'There are no topics' });
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    await client.subscribe('orders', receiver.url);
    await client.subscribe('returns', POLLED);
    const topics = [
      { topic: 'orders', subscribers: [POLLED, receiver.url] },
      { topic: 'returns', subscribers: [POLLED] },
    ];
    // The server may answer from a quarter of a second ago.
    await eventually(async () => expect(await json('topics')).toEqual(topics));
    expect(await run('topics')).toEqual({
      code: 0,
      stdout: 'orders  2 subscribers\nreturns  1 subscriber',
      stderr: '',
    });
  });

  it('says when topics may be missing', async () => {
    const answer = { topics: [{ topic: 'a', subscribers: [] }], subscribers: [], hasMore: true };
    receiver.otherwise = { body: JSON.stringify(answer) };
    expect(await herald(['topics', '--url', receiver.urlOf('')])).toEqual({
      code: 0,
      stdout: 'a  0 subscribers',
      stderr: 'The server did not list everything: topics or subscribers may be missing here',
    });
  });

  it('shows settings, and changes those that are given, without a topic', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    const before = await json('settings', POLLED);
    expect(before).toMatchObject({
      delivery: 'poll',
      maxPerSecond: null,
      backlog: { overflow: 'drop_oldest' },
    });
    const changed = await run('settings', POLLED, '--max-per-second', '2', '--max-messages', '7');
    expect(changed).toMatchObject({ code: 0, stderr: '' });
    expect(changed.stdout).toMatch(/^maxPerSecond +2$/m);
    expect(changed.stdout).toMatch(/^backlog\.maxMessages +7$/m);
    const { settings } = await client.describe(POLLED);
    expect(settings).toMatchObject({ delivery: 'poll', maxPerSecond: 2, backlog: { maxMessages: 7 } });
    expect(await run('settings', POLLED, '--overflow', 'x')).toMatchObject({ code: 2, stdout: '' });
  });

  it('pauses and resumes, without a topic', async () => {
    await client.subscribe('orders', receiver.url);
    const paused = `Paused: ${receiver.url}  paused, 0 waiting`;
    expect(await run('pause', receiver.url)).toEqual({ code: 0, stdout: paused, stderr: '' });
    expect(await client.describe(receiver.url)).toMatchObject({ state: 'paused' });
    const { code, stdout } = await run('resume', receiver.url);
    expect([code, stdout.replace(/ {2}(draining|live),/, '  live,')]).toEqual([
      0,
      `Resumed: ${receiver.url}  live, 0 waiting`,
    ]);
    await eventually(async () =>
      expect(await client.describe(receiver.url)).toMatchObject({ state: 'live' }),
    );
    expect(await json('pause', receiver.url)).toMatchObject({ url: receiver.url, state: 'paused' });
  });

  it('gives a new secret, on a line of its own', async () => {
    await client.subscribe('orders', receiver.url);
    const first = await run('secret', receiver.url);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Shown now and never again/) });
    expect(first.stdout).toMatch(/^whsec_\S+$/);
    expect(await json('secret', receiver.url)).toEqual({
      secret: expect.not.stringContaining(first.stdout),
    });
  });

  it('acks by ids, and up to what was printed', async () => {
    const [first, second, third] = await backlogOf(4);
    expect(await run('ack', POLLED, String(second?.id), 'msg_none')).toEqual({
      code: 0,
      stdout: '1 marked received',
      stderr: 'msg_none does not wait there',
    });
    expect(await json('ack', POLLED, '--up-to', String(third?.timestamp))).toEqual({ acked: 2, unknown: [] });
    expect((await client.poll(POLLED)).messages).toMatchObject([{ data: 4 }]);
    expect(first?.data).toBe(1);
    for (const what of [[], ['msg_1', '--up-to', 'x']]) {
      expect(await run('ack', POLLED, ...what)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^Say what was received/),
      });
    }
    expect(await run('ack', POLLED, '--up-to', 'yesterday')).toMatchObject({ code: 1, stdout: '' });
  });

  it('replays a message, and ends with 3 when it was not received', async () => {
    await client.subscribe('orders', receiver.url, { paused: true });
    await client.publish('orders', '1');
    const [message] = (await client.poll(receiver.url)).messages;
    const id = String(message?.id);
    receiver.otherwise = 500;
    expect(await run('replay', receiver.url, id)).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^Not received, it stays in the backlog: http_status 500 in /),
    });
    receiver.otherwise = 200;
    expect(await json('replay', receiver.url, id)).toMatchObject({ outcome: 'delivered', received: true });
    expect(await run('replay', receiver.url, id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(id),
    });
  });

  it('purges only when it is told so, and says before what that would be', async () => {
    const [first, second] = await backlogOf(3);
    const untold = await run('purge', POLLED, '--json');
    expect(untold).toEqual({
      code: 2,
      stdout: '',
      stderr: `Nothing was deleted; --yes deletes 3 messages that wait for ${POLLED}, the oldest of ${first?.timestamp}`,
    });
    expect(await run('purge', POLLED, '--before', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes deletes what is before x of 3 messages'),
    });
    const before = ['purge', POLLED, '--yes', '--before', String(second?.timestamp)];
    expect(await run(...before)).toEqual({ code: 0, stdout: 'Deleted: 1 message', stderr: '' });
    await run('ack', POLLED, String(second?.id));
    expect((await run('purge', POLLED)).stderr).toContain(`--yes deletes 1 message that waits for ${POLLED}`);
    expect(await json('purge', POLLED, '--yes')).toEqual({ purged: 1 });
    expect(await client.poll(POLLED)).toMatchObject({ messages: [] });
  });

  it.each([
    [['poll'], '', 'No messages are waiting\n'],
    [['poll', '--ack', '--json'], '', ''],
    [['ack', '--up-to', '2026-08-04T12:00:00.123456+00:00'], '0 marked received', ''],
    [['purge', '--yes'], 'Deleted: 0 messages', ''],
  ])(
    'warns of a URL that is not known, and of no other: %j',
    async ([command = '', ...options], stdout, note) => {
      const warning = `Warning: ${UNKNOWN} is not subscribed to anything, and never was; check the spelling`;
      expect(await run(command, UNKNOWN, ...options)).toEqual({
        code: 0,
        stdout,
        stderr: `${note}${warning}`,
      });
      await client.subscribe('orders', POLLED, { delivery: 'poll' });
      expect(await run(command, POLLED, ...options)).toEqual({ code: 0, stdout, stderr: note.trim() });
    },
  );

  it('warns of a URL that is not known before it waits for what comes', async () => {
    const following = new CliRun(['poll', UNKNOWN, '--follow'], { env });
    expect(await following.line(/^Warning: /)).toContain(UNKNOWN);
    await client.subscribe('orders', UNKNOWN, { delivery: 'poll' });
    await client.publish('orders', '"late"');
    expect(await following.line(/late/)).toBe('"late"');
    expect(await following.stop()).toMatchObject({ code: 0 });
  });

  it.each([['settings'], ['settings', '--paused'], ['pause'], ['resume'], ['secret'], ['purge']])(
    'says that a URL is not known: %s %s',
    async (command, ...options) => {
      const { code, stdout, stderr } = await run(command, UNKNOWN, ...options);
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(UNKNOWN)]);
    },
  );
});
