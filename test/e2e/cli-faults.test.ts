import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliRun, herald } from '../support/cli-run';
import { HeraldClient } from '../support/herald-client';
import { refusingUrl } from '../support/misbehaving';
import { type AnswerScript, Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { TemporaryDirectories } from '../support/temporary-directory';

const POLLED = 'http://localhost/polled';

const COMMANDS: readonly (readonly string[])[] = [
  ['subscribe', 'orders', POLLED],
  ['unsubscribe', 'orders', POLLED],
  ['subscribers', 'orders'],
  ['topics'],
  ['status', POLLED],
  ['settings', POLLED],
  ['settings', POLLED, '--paused'],
  ['pause', POLLED],
  ['resume', POLLED],
  ['secret', POLLED],
  ['publish', 'orders', '1'],
  ['publish', 'orders', '--ndjson'],
  ['tail', '--stats'],
  ['poll', POLLED],
  ['poll', POLLED, '--follow', '--ack'],
  ['ack', POLLED, '--up-to', 'x'],
  ['replay', POLLED, 'msg_1'],
  ['purge', POLLED],
  ['purge', POLLED, '--yes'],
  ['listen', 'orders', '--forward', POLLED],
];

afterEach(() => CliRun.endAll());

describe('the command line at an address of another program', () => {
  let stranger: Receiver;

  beforeEach(async () => {
    stranger = await Receiver.start();
  });

  afterEach(() => stranger.close());

  async function answered(args: readonly string[], otherwise: AnswerScript) {
    stranger.otherwise = otherwise;
    return herald(args, { env: { HERALD_URL: stranger.urlOf('') }, stdin: '1\n' });
  }

  it.each(COMMANDS)('says in one line what is wrong: %s %s', async (...args) => {
    for (const type of ['text/html', 'application/json']) {
      for (const body of ['<!doctype html>\n<p>Log in', '{}', 'null', '[1]']) {
        const { code, stdout, stderr } = await answered(args, { headers: { 'Content-Type': type }, body });
        expect({ type, body, code, stderr }).toEqual({
          type,
          body,
          code: 1,
          stderr: 'What answered (with status 200) is not Herald; check the address',
        });
        expect(stdout).toBe(
          args.includes('--ndjson') ? '0 messages: 0 received by all, 0 not received by some' : '',
        );
      }
    }
  });

  it.each(COMMANDS)('names where a redirect leads to: %s %s', async (...args) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const location = 'https://new.test/login';
      const { code, stderr } = await answered(args, { status, headers: { location } });
      expect([code, stderr]).toEqual([
        1,
        `${stranger.urlOf('')} answers with a redirect (${status}) to ${location}, which is not followed: use the ` +
          "server's own address",
      ]);
    }
  });

  it('prints events that it does not know, and ends at what is no event', async () => {
    const headers = { 'content-type': 'text/event-stream' };
    const { code, stdout, stderr } = await answered(['tail'], {
      headers,
      body: 'event: order.made\ndata: {"n":"\u009b2J"}\n\ndata: hello\n\n',
    });
    expect([code, stdout]).toEqual([1, expect.stringMatching(/ {2}order\.made +\{"n":"\\u009b2J"\}$/)]);
    expect(stderr).toMatch(
      /^Watching \S+; Ctrl-C ends it\nWhat answered \(with status 200\) is not Herald[^\n]+$/,
    );
  });

  it('keeps what it says from steering the terminal', async () => {
    const fault = { status: 400, body: JSON.stringify({ message: 'a\u001b[2J', code: 'b' }) };
    expect(await answered(['subscribers', 'orders'], fault)).toMatchObject({ stderr: 'a\\u001b[2J' });
    const list = { body: JSON.stringify(['http://a/\u009b2J']) };
    expect(await answered(['subscribers', 'orders'], list)).toMatchObject({ stdout: 'http://a/\\u009b2J' });
    const published = { message: 'a\u001b[2J', id: 'b\u001b', delivered: [], undelivered: [] };
    expect(await answered(['publish', 'orders', '1'], { body: JSON.stringify(published) })).toMatchObject({
      stdout: 'a\\u001b[2J  b\\u001b',
    });
  });
});

describe('the command line, called wrongly', () => {
  it.each([
    [['subscribers', 'orders', '--token', 's3cret\n'], /^The token cannot be sent/],
    [['subscribers', 'orders', '--token', 's3crét'], /^The token cannot be sent/],
    [['subscribers', 'orders', '--url', 'http://user:s3cret@localhost'], /no user name and no password/],
    [['subscribers', 'orders', '--url', 'http://localhost?token=s3cret'], /no query and no fragment/],
    [['publish', 'orders', '1', '--idempotency-key', ''], /must be 1 to 255 printable ASCII/],
    [['publish', 'orders', '1', '--idempotency-key', 'é'], /must be 1 to 255 printable ASCII/],
    [['publish', 'orders', '1', '--idempotency-key', 'a'.repeat(256)], /must be 1 to 255 printable ASCII/],
    [
      ['publish', 'orders', '--ndjson', '--idempotency-key', 'a'.repeat(241)],
      /must be 1 to 240 printable ASCII/,
    ],
  ])('says so, and shows no secret: %j', async (args, message) => {
    const { code, stdout, stderr } = await herald(args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
    expect(stderr).not.toContain('s3cr');
  });
});

describe('the command line at a server', () => {
  const directories = new TemporaryDirectories();
  let service: TestService;
  let env: Readonly<Record<string, string>>;

  beforeEach(async () => {
    service = await startTestService();
    env = { HERALD_URL: ` ${service.url}/ ` };
  });

  afterEach(async () => {
    await service.close();
    await directories.removeAll();
  });

  it('says that a body is too large, also when it is cut while it is sent', async () => {
    const cwd = await directories.make();
    await writeFile(join(cwd, 'large.json'), `"${'a'.repeat(20_000_000)}"`);
    const { code, stdout, stderr } = await herald(['publish', 'orders', '--file', 'large.json'], {
      env,
      cwd,
    });
    expect([code, stdout]).toEqual([1, '']);
    // Which of the two depends on whether the answer came before the connection was cut.
    expect(stderr).toMatch(
      /^(The body is larger than 262144 bytes|Herald at .+ is it larger than its MAX_MESSAGE_BYTES\?)$/,
    );
  });

  it('takes the longest keys that there are', async () => {
    await new HeraldClient(service).subscribe('orders', POLLED, { delivery: 'poll' });
    const key = ['--respond-async', '--idempotency-key', '~'.repeat(255)];
    expect(await herald(['publish', 'orders', '1', ...key], { env })).toMatchObject({ code: 0, stderr: '' });
    const lines = ['publish', 'orders', '--ndjson', '--respond-async', '--idempotency-key', '~'.repeat(240)];
    expect(await herald(lines, { env, stdin: '1\n2' })).toMatchObject({ code: 0, stderr: '' });
  });

  it('publishes no data that it would have to change', async () => {
    const cwd = await directories.make();
    await writeFile(join(cwd, 'latin1.json'), Buffer.from('"\xe9"', 'latin1'));
    await writeFile(join(cwd, 'mark.json'), '\ufeff1\n');
    for (const [file, message] of [
      ['latin1.json', /not valid UTF-8/],
      ['mark.json', /begins with a byte order mark/],
    ] as const) {
      const args = ['publish', 'orders', '--file', file];
      const whole = await herald(args, { env, cwd });
      expect([whole.code, whole.stderr]).toEqual([2, expect.stringMatching(message)]);
      const lines = await herald([...args, '--ndjson'], { env, cwd });
      expect([lines.code, lines.stderr]).toEqual([2, expect.stringMatching(message)]);
      expect(lines.stderr).toMatch(/^Line 1 /);
    }
  });

  it.each([
    [1000, { code: 2, published: 0 }],
    [1001, { code: 1, published: 1000 }],
  ])('ends a batch at a line that is not JSON behind %d others: %j', async (good, { code, published }) => {
    const client = new HeraldClient(service);
    await client.subscribe('orders', POLLED, { delivery: 'poll' });
    const stdin = `${'1\n'.repeat(good)}{"n"\n2\n`;
    const result = await herald(['publish', 'orders', '--ndjson', '--respond-async'], { env, stdin });
    expect(result).toEqual({
      code,
      stdout: `${published} messages: 0 received by all, ${published} not received by some`,
      stderr: expect.stringMatching(new RegExp(`^Line ${good + 1} is not JSON`)),
    });
    expect(await client.describe(POLLED)).toMatchObject({ pending: published });
  });

  it('ends with what became of a message, also when nobody reads it', async () => {
    await new HeraldClient(service).subscribe('orders', await refusingUrl());
    for (const args of [
      ['publish', 'orders', '1'],
      ['publish', 'orders', '--ndjson', '--json'],
    ]) {
      const publishing = new CliRun(args, { env });
      publishing.closeOutput();
      publishing.input('1\n2\n');
      expect(await publishing.result()).toEqual({ code: 3, stdout: '', stderr: '' });
    }
  });
});
