import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { systemClock } from '../../src/clock';
import { AxiosPushClient } from '../../src/delivery/axios-push-client';
import { buildEnvelope } from '../../src/delivery/envelope';
import { generateSecret, Signer } from '../../src/delivery/signature';
import { exchange } from '../support/raw-http';

const ROOT = join(__dirname, '../..');

interface Example {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** How to ask whether the language is there. */
  readonly probe: readonly string[];
  /** For a language that is compiled: makes the program that is named here. */
  readonly program?: string;
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'receiver.ts',
    command: process.execPath,
    args: ['-r', 'ts-node/register', 'examples/receiver.ts'],
    probe: ['--version'],
  },
  { name: 'receiver.py', command: 'python3', args: ['examples/receiver.py'], probe: ['--version'] },
  {
    name: 'receiver.go',
    command: 'go',
    args: ['build', '-o', join(tmpdir(), `herald-receiver-${process.pid}`), 'examples/receiver.go'],
    probe: ['version'],
    // Not by `go run`, which leaves the program running when it is ended.
    program: join(tmpdir(), `herald-receiver-${process.pid}`),
  },
];

/** A request whose body no example takes. */
function tooLarge(headers = ''): string {
  const bytes = 5_000_000;
  return `POST /hook HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;
}

const isInstalled = ({ command, probe }: Example) => spawnSync(command, probe).status === 0;

class ExampleProcess {
  static readonly #running = new Set<ExampleProcess>();

  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #output: Interface;

  constructor({ command, args, program }: Example, secret = '') {
    const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: '0', HERALD_ORIGIN: 'hub.example.com' };
    if (program !== undefined) execFileSync(command, args, { cwd: ROOT });
    this.#process = spawn(program ?? command, program === undefined ? args : [], { cwd: ROOT, env });
    this.#output = createInterface(this.#process.stdout).on('line', (line) => this.lines.push(line));
    createInterface(this.#process.stderr).on('line', (line) => this.errors.push(line));
    ExampleProcess.#running.add(this);
    this.#process.once('close', () => ExampleProcess.#running.delete(this));
  }

  /** Ends those that a test has left running, as one does that fails. */
  static async stopAll(): Promise<void> {
    await Promise.all([...ExampleProcess.#running].map((one) => one.stop()));
  }

  /** Where it listens, once it does. */
  async start(): Promise<string> {
    const ended = once(this.#process, 'exit').then(() => {
      throw new Error(`The example ended: ${this.errors.join('\n')}`);
    });
    await Promise.race([once(this.#output, 'line'), ended]);
    const url = /^listening on (http:\S+)$/.exec(this.lines[0] ?? '')?.[1];
    if (url === undefined) throw new Error(`The example said: ${this.lines.join('\n')}`);
    return `${url}/hook`;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.kill();
    await ended;
  }
}

afterEach(() => ExampleProcess.stopAll());

// An example whose language is not installed here is listed as skipped.
describe.each(EXAMPLES)('examples/$name (skipped where there is no $command)', (example) => {
  afterAll(() => {
    if (example.program !== undefined) rmSync(example.program, { force: true });
  });

  const onlyIfInstalled = isInstalled(example) ? it : it.skip;

  onlyIfInstalled('takes what was signed with its secret, once, and refuses the rest', async () => {
    const secret = generateSecret();
    const running = new ExampleProcess(example, secret);
    const url = await running.start();
    const signer = new Signer();
    const clientWith = (secrets: string[], now = () => systemClock.now()) =>
      new AxiosPushClient({
        clock: { ...systemClock, now },
        version: '0.0.0',
        sign: (_url, id, timestampSeconds, body) => signer.sign(id, timestampSeconds, body, secrets),
      });
    const clients = {
      right: clientWith([generateSecret(), secret]),
      wrong: clientWith([generateSecret()]),
      late: clientWith([secret], () => systemClock.now() - 310_000),
      early: clientWith([secret], () => systemClock.now() + 310_000),
    };
    const data = '{"total":1.0,"name":"é😀"}';
    const envelope = buildEnvelope({
      id: 'msg_1',
      topic: 'orders',
      timestamp: '2026-08-04T12:00:00.123456+00:00',
      data,
    });
    const statusOf = async (client: AxiosPushClient) => (await client.push(url, envelope, 10_000)).status;

    await expect(statusOf(clients.right)).resolves.toBe(204);
    await expect(statusOf(clients.right)).resolves.toBe(204);
    await expect(statusOf(clients.wrong)).resolves.toBe(401);
    await expect(statusOf(clients.late)).resolves.toBe(401);
    await expect(statusOf(clients.early)).resolves.toBe(401);
    const unsigned = await fetch(url, { method: 'POST', body: new Uint8Array(envelope.body) });
    expect(unsigned.status).toBe(401);

    for (const [origin, allowed] of [
      ['hub.example.com', 'hub.example.com'],
      ['other.example.com', null],
    ] as const) {
      const answer = await fetch(url, { method: 'OPTIONS', headers: { 'WebHook-Request-Origin': origin } });
      expect(answer.headers.get('webhook-allowed-origin')).toBe(allowed);
    }

    await Promise.all(Object.values(clients).map((client) => client.close()));
    await running.stop();
    expect(running.lines.slice(1)).toEqual([`received ${envelope.body.toString()}`]);
    expect(running.errors).toHaveLength(4);
  });

  onlyIfInstalled(
    'consents without a secret, has its pushes come again, and says so; too large a body is none for it',
    async () => {
      const running = new ExampleProcess(example);
      const url = await running.start();
      const consent = await fetch(url, {
        method: 'OPTIONS',
        headers: { 'WebHook-Request-Origin': 'hub.example.com' },
      });
      expect(consent.headers.get('webhook-allowed-origin')).toBe('hub.example.com');
      const push = async (bytes: number) => {
        const body = Buffer.alloc(bytes, 'x');
        const client = new AxiosPushClient({ clock: systemClock, version: '0.0.0' });
        const { outcome, status } = await client.push(url, { messageId: 'msg_1', body }, 10_000);
        await client.close();
        return [outcome, status];
      };
      expect(await push(100)).toEqual(['http_status', 503]);
      expect(await push(4_000_000)).toEqual(['http_status', 413]);
      await running.stop();
      expect(running.errors.join()).toMatch(/answered 503 until WEBHOOK_SECRET is set/);
    },
  );

  onlyIfInstalled('answers each of many bodies that are too large', async () => {
    const running = new ExampleProcess(example);
    const url = await running.start();
    const exchanges = Array.from({ length: 20 }, () => exchange(url, tooLarge('Connection: close\r\n')));
    const settled = await Promise.allSettled(exchanges);
    await running.stop();
    for (const one of settled) {
      const head = one.status === 'fulfilled' ? one.value.head : String(one.reason);
      expect(head).toMatch(/^HTTP\/1\.1 413 /);
    }
  });
});

// The others leave the connection open, or close it by what their libraries do.
describe.each(EXAMPLES.filter(({ name }) => name === 'receiver.py'))('examples/$name alone', (example) => {
  const onlyIfInstalled = isInstalled(example) ? it : it.skip;

  onlyIfInstalled('says that it closes the connection of a body that is too large', async () => {
    const running = new ExampleProcess(example);
    const [answer] = await Promise.allSettled([exchange(await running.start(), tooLarge())]);
    await running.stop();
    expect(answer).toMatchObject({
      status: 'fulfilled',
      value: { head: expect.stringContaining('Connection: close') },
    });
  });
});

// The others refuse each push for it, in one line.
describe('examples/receiver.py with a secret that is none (skipped where there is no python3)', () => {
  const [example] = EXAMPLES.filter(({ command }) => command === 'python3');
  const onlyIfInstalled = example && isInstalled(example) ? it : it.skip;

  onlyIfInstalled('ends at once', () => {
    for (const secret of ['whsec_abc', 'whsec_é', 'nothing', `${generateSecret()} whsec_AAAA`]) {
      const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' };
      const { status, stdout, stderr } = spawnSync('python3', example?.args ?? [], { cwd: ROOT, env });
      expect([status, String(stdout), String(stderr)]).toEqual([
        1,
        '',
        'WEBHOOK_SECRET: a secret is whsec_ and the base64 of 24 to 64 bytes\n',
      ]);
    }
  });
});
