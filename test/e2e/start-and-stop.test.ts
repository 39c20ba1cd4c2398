import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { HeraldProcess } from '../support/herald-process';
import { Receiver } from '../support/receiver';
import { TemporaryDirectories } from '../support/temporary-directory';

const directories = new TemporaryDirectories();
const receivers: Receiver[] = [];
const processes: HeraldProcess[] = [];

async function start(env: Readonly<Record<string, string>> = {}): Promise<HeraldProcess> {
  const herald = await HeraldProcess.start({ DATA_DIR: await directories.make(), ...env });
  processes.push(herald);
  return herald;
}

afterEach(async () => {
  await Promise.all(processes.splice(0).map((herald) => herald.kill()));
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  await directories.removeAll();
});

async function expectRefused(env: Readonly<Record<string, string>>, text: RegExp): Promise<void> {
  const herald = HeraldProcess.spawn({ DATA_DIR: await directories.make(), ...env });
  const { code } = await herald.exited;
  expect(herald.errorText).toMatch(text);
  expect(herald.errorText.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
}

/** How a request ended; to be called before it does, so that no rejection goes unhandled. */
function endOf(request: Promise<Response>): Promise<string> {
  return request.then(
    ({ status }) => `answered ${status}`,
    () => 'cut',
  );
}

describe('the start', () => {
  it('is refused on a port in use, with the remedy', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    await expectRefused({ PORT: String((other.address() as AddressInfo).port) }, /already in use.*set PORT/);
    other.close();
  });

  it('is refused on an address that is not of this machine', async () => {
    await expectRefused({ HOST: '203.0.113.1', ALLOW_UNAUTHENTICATED: 'true' }, /set HOST/);
  });

  it('is refused with a data directory that cannot be made', async () => {
    const file = join(await directories.make(), 'file');
    writeFileSync(file, '');
    await expectRefused({ DATA_DIR: join(file, 'data') }, /DATA_DIR/);
  });

  it('is refused with a damaged file', async () => {
    const dataDir = await directories.make();
    writeFileSync(
      join(dataDir, 'herald.db'),
      'this is no database, and longer than its header of 100 bytes. '.repeat(50),
    );
    await expectRefused({ DATA_DIR: dataDir }, /herald\.db/);
  });

  it('is refused while another process uses the data directory', async () => {
    const dataDir = await directories.make();
    await start({ DATA_DIR: dataDir });
    await expectRefused({ DATA_DIR: dataDir }, /DATA_DIR/);
  });

  it('is refused without tables or without credentials on DynamoDB', async () => {
    const env = { STORE: 'dynamodb', AWS_REGION: 'eu-central-1', AWS_EC2_METADATA_DISABLED: 'true' };
    await expectRefused(env, /credentials/i);
  });

  it('writes its log for a person when it is asked to, also without a terminal', async () => {
    const herald = HeraldProcess.spawn({ DATA_DIR: await directories.make(), LOG_FORMAT: 'pretty' });
    await eventually(() => expect(herald.lines.join()).toMatch(/^\S*\[\d\d:\d\d.*service\.started/));
    await herald.kill();
  });

  it('is refused with faults in the configuration, all named at once', async () => {
    const herald = HeraldProcess.spawn({ PORT: 'eighty', STORE: 'tape', LOG_LEVEL: 'loud' });
    const { code } = await herald.exited;
    expect(code).toBe(1);
    for (const name of ['PORT', 'STORE', 'LOG_LEVEL']) expect(herald.errorText).toContain(`${name}:`);
  });
});

describe('the stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s finishes a publish under way, and ends with 0',
    async (signal) => {
      const herald = await start();
      let release = (): void => undefined;
      const receiver = await Receiver.start({
        otherwise: { after: new Promise<void>((resolve) => (release = resolve)) },
      });
      receivers.push(receiver);
      await herald.post('/subscribe/t', JSON.stringify({ url: receiver.url }));
      const publishing = herald.post('/publish/t', '1');
      await receiver.waitFor(1);
      herald.signal(signal);
      await eventually(() => expect(herald.lines.join()).toContain('service.stopping'));
      await expect(herald.get('/healthz')).rejects.toThrow();
      release();
      const answer = await publishing;
      expect(answer.status).toBe(200);
      expect(answer.headers.get('connection')).toBe('close');
      await expect(herald.exited).resolves.toEqual({ code: 0, signal: null });
      expect(herald.lines.at(-1)).toContain('service.stopped');
    },
  );

  it('cuts what is under way once SHUTDOWN_TIMEOUT_MS is over', async () => {
    const herald = await start({ SHUTDOWN_TIMEOUT_MS: '100', PUSH_TIMEOUT_MS: '60000' });
    const receiver = await Receiver.start({ otherwise: { after: new Promise(() => undefined) } });
    receivers.push(receiver);
    await herald.post('/subscribe/t', JSON.stringify({ url: receiver.url }));
    const publishing = herald.post('/publish/t', '1');
    const end = endOf(publishing);
    await receiver.waitFor(1);
    herald.signal('SIGTERM');
    await expect(end).resolves.toBe('cut');
    await herald.exited;
  });

  it('ends at once on a second signal', async () => {
    const herald = await start({ PUSH_TIMEOUT_MS: '60000' });
    const receiver = await Receiver.start({ otherwise: { after: new Promise(() => undefined) } });
    receivers.push(receiver);
    await herald.post('/subscribe/t', JSON.stringify({ url: receiver.url }));
    const end = endOf(herald.post('/publish/t', '1'));
    await receiver.waitFor(1);
    herald.signal('SIGTERM');
    await eventually(() => expect(herald.lines.join()).toContain('service.stopping'));
    herald.signal('SIGTERM');
    await expect(herald.exited).resolves.toEqual({ code: null, signal: 'SIGTERM' });
    await expect(end).resolves.toBe('cut');
  });
});

describe('a restart', () => {
  it('keeps subscriptions, their end, and what waits', async () => {
    const dataDir = await directories.make();
    const gone = await Receiver.start();
    const url = gone.url;
    await gone.close();
    const first = await start({ DATA_DIR: dataDir });
    await first.post('/subscribe/t', JSON.stringify({ url }));
    await first.post('/subscribe/t', JSON.stringify({ url: 'http://localhost:1/ended' }));
    await first.post('/unsubscribe/t', JSON.stringify({ url: 'http://localhost:1/ended' }));
    await first.kill();
    const second = await start({ DATA_DIR: dataDir });
    await expect((await second.get('/subscribers/t')).json()).resolves.toEqual([url]);
  });
});
