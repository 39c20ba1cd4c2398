import { CliRun, herald } from '../support/cli-run';
import { deferred } from '../support/deferred';
import { HeraldClient } from '../support/herald-client';
import { AWKWARD_JSON_TEXTS } from '../support/json-texts';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { verifyWebhook } from '../../src/verify';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;

let service: TestService;
let env: Readonly<Record<string, string>>;
let client: HeraldClient;

async function start(settings: Parameters<typeof startTestService>[0] = {}): Promise<void> {
  service = await startTestService(settings);
  env = { HERALD_URL: service.url };
  client = new HeraldClient(service);
}

afterEach(async () => {
  await CliRun.endAll();
  await service.close();
});

describe('herald listen', () => {
  let target: Receiver;

  beforeEach(async () => {
    await start();
    target = await Receiver.start();
  });

  afterEach(() => target.close());

  async function listen(...args: string[]): Promise<CliRun> {
    const all = ['listen', 'orders', '--forward', target.url, '--name', 'alice', '--secret', SECRET, ...args];
    const listener = new CliRun(all, { env });
    await listener.line(/^Forwarding orders/);
    return listener;
  }

  async function pending(): Promise<number> {
    return (await client.describe('http://listen.invalid/orders/alice')).pending;
  }

  it('forwards signed messages byte for byte, and acks them', async () => {
    const listener = await listen();
    for (const text of AWKWARD_JSON_TEXTS) await service.post('/publish/orders', text);
    await listener.waitFor(AWKWARD_JSON_TEXTS.length);
    for (const [number, text] of AWKWARD_JSON_TEXTS.entries()) {
      const { headers, body } = target.received[number] ?? { headers: {}, body: Buffer.alloc(0) };
      const { id, topic, timestamp } = JSON.parse(String(body)) as Record<string, string>;
      expect(String(body)).toBe(
        `{"id":"${id}","topic":"${topic}","timestamp":"${timestamp}","data":${text.trim()}}`,
      );
      expect(verifyWebhook(headers, body, SECRET)).toMatchObject({ id });
    }
    expect(await pending()).toBe(0);
    expect(await listener.stop()).toMatchObject({ code: 0 });
  });

  it('sends again what the target did not take, keeps the order, and acks nothing before', async () => {
    target.answers = [503, { cut: true }];
    const listener = await listen('--json');
    await service.post('/publish/orders', '1');
    await service.post('/publish/orders', '2');
    expect(await listener.line(/it answered 503; again in 0\.5 s/)).toMatch(/^msg_/);
    await listener.line(/again in 1 s/);
    expect(await pending()).toBe(2);
    const lines = await listener.waitFor(2);
    expect(target.messages.map(({ data }) => data)).toEqual([1, 1, 1, 2]);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { topic: 'orders', status: 200, attempts: 3 },
      { topic: 'orders', status: 200, attempts: 1 },
    ]);
    expect(await pending()).toBe(0);
    await listener.stop();
  });

  it('finishes what is under way at Ctrl-C, and goes on behind it at the next start', async () => {
    const listener = await listen();
    const answered = deferred();
    target.answers = [{ after: answered.promise }];
    await service.post('/publish/orders', '1');
    await service.post('/publish/orders', '2');
    await target.waitFor(1);
    listener.interrupt();
    answered.resolve();
    expect(await listener.result()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[^\n]+200 in/),
    });
    expect(await pending()).toBe(1);
    const again = await listen();
    await again.waitFor(1);
    expect(target.messages.map(({ data }) => data)).toEqual([1, 2]);
    await again.stop();
  });

  it('shows a secret that it made, and not one that it was given', async () => {
    const given = await listen();
    expect(await given.line(/^What is forwarded/)).toBe(
      'What is forwarded is signed with the secret that was given',
    );
    await given.stop();
    expect(given.notes.join()).not.toContain(SECRET);
    const args = ['listen', 'orders', '--forward', target.url, '--name', 'alice'];
    const ofEnvironment = new CliRun(args, { env: { ...env, HERALD_SECRET: SECRET } });
    await ofEnvironment.line(/signed with the secret that was given$/);
    await ofEnvironment.stop();
    const own = new CliRun(args, { env });
    await own.line(/^What is forwarded is signed with whsec_\S+$/);
    await own.stop();
  });

  it('does not wait longer than 5 minutes, nor shorter, for a Retry-After of weeks', async () => {
    target.answers = [{ status: 503, headers: { 'Retry-After': '3000000' } }];
    const listener = await listen();
    await service.post('/publish/orders', '1');
    await listener.line(/it answered 503; again in 300 s/);
    expect(await listener.stop()).toMatchObject({ code: 0 });
    expect(target.received).toHaveLength(1);
  });

  it('is told apart by its name, or a whole URL', async () => {
    const listener = await listen('--name', 'http://localhost/mine');
    await listener.stop();
    const { stdout } = await herald(['subscribers', 'orders'], { env });
    expect(stdout).toBe('http://localhost/mine');
    const wrong = await herald(['listen', 'orders', '--forward', 'localhost:3000'], { env });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('http or https URL') });
    for (const forward of [
      'http://user:s3cret@localhost/',
      'ftp://user:s3cret@localhost/',
      'http://:s3cret@',
    ]) {
      const { code, stderr } = await herald(['listen', 'orders', '--forward', forward], { env });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^--forward must/)]);
      expect(stderr).not.toContain('s3cret');
    }
  });
});

describe('herald receive', () => {
  async function receive(...args: string[]): Promise<{ receiver: CliRun; url: string }> {
    const receiver = new CliRun(['receive', '--port', '0', ...args]);
    const url = /http:\S+\//.exec(await receiver.line(/^Receiving on/))?.[0] ?? '';
    return { receiver, url: `${url}hook` };
  }

  it('does what its script says, and prints what came', async () => {
    await start({ RETRY_FIRST_DELAY_MS: '1', RETRY_JITTER_PERCENT: '0' });
    const { receiver, url } = await receive('--script', '503x2, reset, ok', '--json');
    await client.subscribe('orders', url);
    expect((await herald(['publish', 'orders', '{"n": 1.0}'], { env })).stdout).toContain('http_status 503');
    const lines = (await receiver.waitFor(4)).slice(0, 4);
    expect(lines[0]).toMatch(/"data":\{"n": 1\.0\}\}$/);
    const seen = lines.map((line) => JSON.parse(line) as object);
    expect(seen.map((one) => (one as { answer: string }).answer)).toEqual(['503', '503', 'reset', '200']);
    expect(seen[3]).toMatchObject({
      method: 'POST',
      path: '/hook',
      topic: 'orders',
      attempt: 4,
      signature: null,
    });
    expect(await receiver.stop()).toMatchObject({ code: 0 });
  });

  it('redirects, hangs and answers much', async () => {
    await start({ PUSH_TIMEOUT_MS: '1500' });
    const { receiver, url } = await receive('--script', 'redirect, big, hang');
    await client.subscribe('orders', url, { redelivery: false });
    const outcomes: string[] = [];
    for (let n = 0; n < 3; n += 1) outcomes.push((await herald(['publish', 'orders', '1'], { env })).stdout);
    expect(outcomes[0]).toContain('redirect_refused 302');
    expect(outcomes[1]).toContain('✓');
    expect(outcomes[2]).toContain('timeout');
    expect(receiver.lines[2]).toMatch(/POST \/hook {2}msg_\S+ {2}orders {2}→ hang {2}1$/);
    expect(await receiver.stop()).toMatchObject({ code: 0 });
  });

  it('consents when it is asked, and verifies signatures', async () => {
    await start({ VERIFY_SUBSCRIBERS: 'on' });
    const unknown = await receive('--secret', OTHER_SECRET);
    const { stdout } = await herald(['subscribe', 'orders', unknown.url, '--no-redelivery', '--json'], {
      env,
    });
    const { secret } = JSON.parse(stdout) as { secret: string };
    await unknown.receiver.line(/OPTIONS \/hook {2}→ 200, consent to /);
    expect((await herald(['publish', 'orders', '1'], { env })).stdout).toContain('http_status 401');
    await unknown.receiver.line(/webhook-signature does not fit the body and the secret {2}→ 401/);
    await unknown.receiver.stop();
    const known = new CliRun(['receive', '--port', new URL(unknown.url).port], {
      env: { HERALD_SECRET: secret },
    });
    await known.line(/^Receiving on/);
    expect(await herald(['publish', 'orders', '2'], { env })).toMatchObject({ code: 0 });
    await known.line(/signature valid {2}→ 200/);
    await known.stop();
  });

  it('says what is wrong with how it is called', async () => {
    await start();
    const unreadable = await herald(['receive', '--script', 'ok, sloow']);
    expect(unreadable).toMatchObject({ code: 2, stderr: expect.stringContaining('"sloow" is no step') });
    expect(await herald(['receive', '--secret', 'whsec_s3cret'])).toEqual({
      code: 2,
      stdout: '',
      stderr: '--secret: A signing secret is whsec_ and the base64 of 24 to 64 bytes',
    });
    expect(await herald(['receive'], { env: { HERALD_SECRET: 'x' } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^HERALD_SECRET: /),
    });
    const taken = await herald(['receive', '--port', new URL(service.url).port]);
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('choose another --port') });
  });
});
