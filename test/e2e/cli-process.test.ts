import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { CliResult } from '../support/cli-output';
import { CliProcess } from '../support/cli-process';
import { deferred } from '../support/deferred';
import { dynamoDbSettings } from '../support/dynamodb-tables';
import { eventually } from '../support/eventually';
import { HeraldClient } from '../support/herald-client';
import { refusingUrl } from '../support/misbehaving';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { TemporaryDirectories } from '../support/temporary-directory';

const ROOT = join(__dirname, '../..');

/** What only a process has; what commands do is tested without, in the other files. */
describe('the command line as a process', () => {
  const directories = new TemporaryDirectories();
  let service: TestService;
  let env: Readonly<Record<string, string>>;
  let receiver: Receiver;

  beforeEach(async () => {
    service = await startTestService();
    env = { HERALD_URL: service.url };
    receiver = await Receiver.start();
    await new HeraldClient(service).subscribe('orders', receiver.url);
  });

  afterEach(async () => {
    await CliProcess.killAll();
    await receiver.close();
    await service.close();
    await directories.removeAll();
  });

  function piped(stdin: string, ...args: string[]): Promise<CliResult> {
    const command = new CliProcess(args, { env });
    command.input(stdin);
    return command.result();
  }

  async function listen(): Promise<CliProcess> {
    const listener = new CliProcess(['listen', 'jobs', '--forward', receiver.url], { env });
    await listener.line(/^Forwarding jobs/);
    return listener;
  }

  it('is what the package installs', async () => {
    const { bin, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      readonly bin: { readonly herald: string };
      readonly version: string;
    };
    // As npm does it.
    const main = join(ROOT, bin.herald);
    const link = join(await directories.make(), 'herald');
    await chmod(main, 0o755);
    await symlink(main, link);
    const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const installed = new CliProcess(['--version'], { env: { PATH: path } }, [link]);
    expect(await installed.result()).toEqual({ code: 0, stdout: version, stderr: '' });
  });

  it('reads what is piped in, and ends with a status', async () => {
    expect(await piped('{"n": 1.0}', 'publish', 'orders')).toMatchObject({ code: 0, stderr: '' });
    expect(String(receiver.received[0]?.body)).toContain('"data":{"n": 1.0}}');
    receiver.otherwise = 500;
    expect(await piped('2\n3', 'publish', 'orders', '--ndjson')).toMatchObject({
      code: 3,
      stdout: '2 messages: 0 received by all, 2 not received by some',
    });
    expect(await piped('{', 'publish', 'orders')).toMatchObject({ code: 2, stdout: '' });
    expect(await piped('', 'unsubscribe', 'jobs', receiver.url)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${receiver.url} is not subscribed to jobs`,
    });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('finishes what is under way at %s', async (signal) => {
    const answered = deferred();
    receiver.answers = [{ after: answered.promise }];
    const listener = await listen();
    await service.post('/publish/jobs', '1');
    await service.post('/publish/jobs', '2');
    await receiver.waitFor(1);
    listener.signal(signal);
    answered.resolve();
    expect(await listener.result()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[^\n]+200 in/),
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('ends at a second Ctrl-C, whatever is under way', async () => {
    receiver.otherwise = { after: new Promise(() => undefined) };
    const listener = await listen();
    await service.post('/publish/jobs', '1');
    await receiver.waitFor(1);
    await eventually(() => {
      listener.signal('SIGINT');
      expect(listener.endedBy).toBe('SIGINT');
    });
  });

  it('ends at the first Ctrl-C where there is nothing to finish', async () => {
    receiver.otherwise = { after: new Promise(() => undefined) };
    const publish = new CliProcess(['publish', 'orders', '1'], { env });
    await receiver.waitFor(1);
    await publish.stop();
    expect(publish.endedBy).toBe('SIGINT');
  });

  it('ends quietly when nobody reads on', async () => {
    const tail = new CliProcess(['tail', '--stats'], { env });
    await tail.line(/^Watching/);
    tail.closeOutput();
    expect(await tail.result()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Watching [^\n]*$/),
    });
  });

  it('runs a server', async () => {
    const dataDir = await directories.make();
    await writeFile(join(dataDir, '.env'), `DATA_DIR=${dataDir}\nPORT=1\n`);
    const server = new CliProcess(['serve'], { cwd: dataDir, env: { PORT: '0' } });
    const { url } = JSON.parse(await server.line(/service\.started/)) as { url: string };
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    server.signal('SIGTERM');
    expect(await server.result()).toMatchObject({ code: 0, stderr: '' });
    const refused = new CliProcess(['serve', '--settings', 'none.env'], { cwd: dataDir });
    expect(await refused.result()).toMatchObject({ code: 1, stderr: expect.stringContaining('none.env') });
  });

  // The one waits for seconds for an endpoint that may come back, and meanwhile the other is done.
  it('has a doctor that finds a data directory of another process, and an endpoint out of reach', async () => {
    const cwd = await directories.make();
    const port = new URL(await refusingUrl()).port;
    const diagnosisWith = async (settings: Readonly<Record<string, string>>) => {
      const { code, stdout } = await new CliProcess(['doctor'], {
        cwd,
        env: { PORT: '0', ...settings },
      }).result();
      return { code, faults: stdout.split('\n').filter((line) => line.startsWith('✗')) };
    };
    const [inUse, outOfReach] = await Promise.all([
      diagnosisWith({ DATA_DIR: service.dataDir }),
      diagnosisWith(dynamoDbSettings(`http://127.0.0.1:${port}`)),
    ]);
    expect(inUse).toEqual({
      code: 1,
      faults: [expect.stringContaining('stop it, or choose another DATA_DIR')],
    });
    expect(outOfReach).toEqual({ code: 1, faults: [expect.stringContaining('check DYNAMODB_ENDPOINT')] });
  });

  it('has a doctor that can be called in a directory that is gone', async () => {
    const gone = await directories.make();
    const main = join(ROOT, 'dist/cli/main.js');
    const command = `cd "${gone}" && rmdir "${gone}" && exec "${process.execPath}" "${main}" "$@"`;
    const { code, stdout, stderr } = await new CliProcess(['doctor'], {}, [
      'sh',
      '-c',
      command,
      'sh',
    ]).result();
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('since the current directory is gone');
  });
});
