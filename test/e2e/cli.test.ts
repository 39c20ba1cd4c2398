import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliRun, herald } from '../support/cli-run';
import { CliScene } from '../support/cli-scene';
import { eventually } from '../support/eventually';
import { refusingUrl } from '../support/misbehaving';
import { TemporaryDirectories } from '../support/temporary-directory';

const POLLED = 'http://localhost/polled';

describe('the command line', () => {
  const directories = new TemporaryDirectories();
  let scene: CliScene;
  let service: CliScene['service'];
  let client: CliScene['client'];
  let env: CliScene['env'];
  let receiver: CliScene['receiver'];
  let run: CliScene['run'];
  let json: CliScene['json'];

  beforeEach(async () => {
    scene = await CliScene.start();
    ({ service, client, env, receiver, run, json } = scene);
  });

  afterEach(async () => {
    await scene.close();
    await directories.removeAll();
  });

  it('subscribes with settings, lists, shows, and ends a subscription', async () => {
    const first = await run('subscribe', 'orders', POLLED, '--delivery', 'poll', '--max-in-flight', '2');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^Subscribed to orders: http:\/\/localhost\/polled\n.*\n {2}secret {2}whsec_/,
    );
    const settings = ['--no-redelivery', '--max-per-second', '0.5', '--max-messages', '7', '--paused'];
    expect(await json('subscribe', 'orders', POLLED, ...settings)).toMatchObject({
      isNew: false,
      url: POLLED,
    });
    expect(await json('subscribers', 'orders')).toEqual([POLLED]);
    expect((await run('subscribers', 'orders')).stdout).toBe(POLLED);
    expect(await json('status', POLLED)).toMatchObject({
      state: 'paused',
      settings: {
        delivery: 'poll',
        redelivery: false,
        maxInFlight: 2,
        maxPerSecond: 0.5,
        paused: true,
        backlog: { maxMessages: 7 },
      },
    });
    expect((await run('status', POLLED)).stdout).toMatch(/state +paused\n +topics +orders\n +waiting +0/);
    await run('subscribe', 'orders', POLLED, '--max-per-second', 'none', '--no-paused', '--redelivery');
    expect(await json('status', POLLED)).toMatchObject({
      settings: { maxPerSecond: null, paused: false, redelivery: true },
    });
    expect(await json('unsubscribe', 'orders', POLLED)).toEqual({ topic: 'orders', url: POLLED });
    expect(await run('unsubscribe', 'orders', POLLED)).toMatchObject({
      code: 1,
      stderr: `${POLLED} is not subscribed to orders`,
    });
    expect(await run('subscribers', 'orders')).toMatchObject({ code: 1, stdout: '' });
  });

  it('publishes an argument, a file and standard input, byte for byte', async () => {
    await client.subscribe('orders', receiver.url);
    const cwd = await directories.make();
    await writeFile(join(cwd, 'order.json'), '{"file": 1.0}');
    expect(await run('publish', 'orders', '{"argument": 1.0}')).toMatchObject({ code: 0, stderr: '' });
    expect(await herald(['publish', 'orders', '--file', 'order.json'], { env, cwd })).toMatchObject({
      code: 0,
    });
    expect(await herald(['publish', 'orders', '-'], { env, stdin: '{"stdin": 1.0}' })).toMatchObject({
      code: 0,
    });
    expect(await herald(['publish', 'orders'], { env, stdin: '"piped"' })).toMatchObject({ code: 0 });
    const [argument, fromFile, dash, piped] = receiver.received.map(({ body }) => String(body));
    expect(argument).toContain('"data":{"argument": 1.0}}');
    expect(fromFile).toContain('"data":{"file": 1.0}}');
    expect(dash).toContain('"data":{"stdin": 1.0}}');
    expect(piped).toContain('"data":"piped"}');
  });

  it('ends with 3 when somebody did not receive it, and says who', async () => {
    const refusing = await refusingUrl();
    await client.subscribe('orders', receiver.url);
    await client.subscribe('orders', refusing);
    const human = await run('publish', 'orders', '1');
    expect(human.code).toBe(3);
    expect(human.stdout).toContain(`✓ ${receiver.url}  200 in`);
    expect(human.stdout).toContain(`… ${refusing}  connection_refused, stored`);
    const machine = await run('publish', 'orders', '1', '--json');
    expect(machine.code).toBe(3);
    expect(JSON.parse(machine.stdout)).toMatchObject({
      status: 202,
      isReplay: false,
      delivered: [{ url: receiver.url, status: 200 }],
      undelivered: [{ url: refusing, stored: true }],
    });
    expect(await run('publish', 'orders', '1', '--respond-async')).toMatchObject({ code: 0 });
  });

  it('publishes once under a key, and waits no longer than told', async () => {
    await client.subscribe('orders', receiver.url);
    await run('publish', 'orders', '1', '--idempotency-key', 'k');
    expect((await run('publish', 'orders', '1', '--idempotency-key', 'k')).stdout).toContain(
      '(published before)',
    );
    expect(receiver.received).toHaveLength(1);
    receiver.otherwise = { after: new Promise(() => undefined) };
    const waited = await run('publish', 'orders', '2', '--wait', '0', '--json');
    expect(waited.code).toBe(3);
    expect(JSON.parse(waited.stdout)).toMatchObject({
      undelivered: [{ outcome: 'still_running', stored: true }],
    });
  });

  it('publishes lines, with a summary or an answer to each', async () => {
    await client.subscribe('orders', receiver.url);
    const args = ['publish', 'orders', '--ndjson'];
    const human = await herald(args, { env, stdin: '{"n": 1}\n\n{"n": 2}\n' });
    expect(human).toEqual({
      code: 0,
      stdout: '2 messages: 2 received by all, 0 not received by some',
      stderr: '',
    });
    const machine = await herald([...args, '--json'], { env, stdin: '3\n4' });
    const answers = machine.stdout.split('\n').map((line) => JSON.parse(line) as unknown);
    expect(answers).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(receiver.messages.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, 3, 4]);
    receiver.otherwise = 500;
    expect(await herald(args, { env, stdin: '5' })).toMatchObject({ code: 3 });
    const large = JSON.stringify('a'.repeat(300_000));
    const refused = await herald(args, { env, stdin: `${large}\n6` });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe('2 messages: 0 received by all, 1 not received by some, 1 refused');
    expect(refused.stderr).toMatch(/^Message 1: /);
  });

  it('waits no more for lines once it is interrupted', async () => {
    const publishing = new CliRun(['publish', 'orders', '--ndjson'], { env });
    await eventually(() => publishing.interrupt());
    expect(await publishing.result()).toEqual({
      code: 130,
      stdout: '0 messages: 0 received by all, 0 not received by some',
      stderr: '',
    });
  });

  it('prints a backlog, and acks what was printed', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    for (const text of ['1.0', '{"a":\n2}', '3']) await service.post('/publish/orders', text);
    const poll = (...args: string[]) => run('poll', POLLED, ...args);
    expect((await poll()).stdout).toMatch(/^\S+Z?\S* {2}msg_\S+ {2}orders\n1\.0\n/);
    const one = await poll('--ack', '--limit', '1', '--json');
    expect(one.stdout).toMatch(/^\{"id":"msg_[^\n]+"data":1\.0\}$/);
    const rest = await poll('--ack', '--json');
    expect(rest.stdout.split('\n').map((line) => JSON.parse(line) as object)).toMatchObject([
      { topic: 'orders', data: { a: 2 } },
      { data: 3 },
    ]);
    expect(await poll()).toEqual({ code: 0, stdout: '', stderr: 'No messages are waiting' });
    const following = new CliRun(['poll', POLLED, '--follow', '--ack', '--json'], { env });
    await service.post('/publish/orders', '"late"');
    expect(await following.line(/late/)).toContain('"data":"late"');
    await eventually(async () => expect(await client.describe(POLLED)).toMatchObject({ pending: 0 }));
    expect(await following.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('shows what happens, by topic, until it is interrupted', async () => {
    await client.subscribe('orders', receiver.url);
    await client.subscribe('other', receiver.url);
    const human = new CliRun(['tail', '--topic', 'orders'], { env });
    const machine = new CliRun(['tail', '--outcome', 'http_status', '--json'], { env });
    await Promise.all([human.line(/^Watching http/), machine.line(/^Watching http/)]);
    await service.post('/publish/other', '"hidden"');
    receiver.otherwise = 500;
    await service.post('/publish/orders', '"shown"');
    expect(await human.line(/message\.published/)).toContain('"shown"');
    expect(human.lines.join('\n')).not.toContain('hidden');
    const [line] = await machine.waitFor(1);
    expect(JSON.parse(String(line))).toMatchObject({
      name: 'delivery.attempted',
      data: { topic: 'orders', subscriber: receiver.url, outcome: 'http_status', status: 500 },
    });
    expect(await human.stop()).toMatchObject({ code: 0 });
    expect(await machine.stop()).toMatchObject({ code: 0 });
  });

  it('takes the options of a server before the command, too; behind it they win', async () => {
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    const nowhere = await refusingUrl();
    const before = ['--url', service.url, '--json'];
    const listed = await herald([...before, 'subscribers', 'orders'], { env: { HERALD_URL: nowhere } });
    expect([listed.code, JSON.parse(listed.stdout)]).toEqual([0, [POLLED]]);
    const both = ['--url', nowhere, 'subscribers', '--url', service.url, 'orders'];
    expect(await herald(both)).toMatchObject({ code: 0, stdout: POLLED });
    expect(await run('--token', 'x', 'receive')).toMatchObject({
      code: 2,
      stderr: "error: unknown option '--token'\n(herald receive --help says how)",
    });
    expect((await run('--help')).stdout).toContain('--url <url>');
  });

  it('says what is wrong with the command line', async () => {
    for (const args of [
      ['publish'],
      ['publis', 'orders', '1'],
      ['publish', 'orders', '{"a"'],
      ['publish', 'orders', '1', '--file', 'x'],
      ['publish', 'orders', '1', '--wait', '1', '--respond-async'],
      ['poll', POLLED, '--limit', '0'],
      ['subscribe', 'orders', POLLED, '--delivery', 'fax'],
      ['subscribers', 'orders', '--url', 'localhost:8000'],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ args, code, stdout, isSaid: stderr !== '' }).toEqual({
        args,
        code: 2,
        stdout: '',
        isSaid: true,
      });
    }
    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit status') });
  });

  it('says what the server refuses, and when there is none', async () => {
    expect(await run('subscribe', 'orders', 'ftp://x')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\n {2}url: must be absolute/),
    });
    const url = new URL(await refusingUrl()).origin;
    for (const args of [['subscribers', 'orders'], ['tail'], ['poll', POLLED, '--follow']]) {
      const { code, stderr } = await run(...args, '--url', url);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Herald cannot be reached at .*ECONNREFUSED.*\nStart one with "herald serve"/);
    }
  });
});
