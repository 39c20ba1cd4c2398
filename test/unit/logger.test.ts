import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoundedOutput } from '../../src/bounded-output';
import { componentLoggers, createLogger } from '../../src/logger';
import { prettyOutput } from '../../src/pretty-output';
import { captureLog } from '../support/capture-log';
import { eventually } from '../support/eventually';

function written(level: 'info' | 'silent'): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level, destination });
  log.debug('too.small');
  log.info({ message_id: 'msg_1', duration_ms: 12 }, 'message.published');
  return lines.join('');
}

describe('createLogger', () => {
  it('writes one JSON object per line, with the time as ISO 8601', () => {
    const line = written('info');
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      message_id: 'msg_1',
      duration_ms: 12,
      msg: 'message.published',
    });
  });

  it('writes for a person, with each datum once', async () => {
    const output = new PassThrough();
    const log = createLogger({ level: 'info', destination: prettyOutput(output) });
    log.info({ topic: 'orders', data: '{"n": 1}' }, 'event.received {"n": 1}');
    const [chunk] = (await once(output, 'data')) as [Buffer];
    const text = chunk.toString();
    expect(text).toMatch(/INFO.*event\.received \{"n": 1\}/);
    expect(text).toContain('orders');
    expect(text.split('"n"')).toHaveLength(2);
  });

  it('writes nothing below its level', () => {
    expect(written('silent')).toBe('');
  });

  it('writes an error with its stack and its cause', () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const error = new Error('outer', { cause: new Error('inner') });
    createLogger({ level: 'info', destination }).error({ err: error }, 'request.failed');
    expect(JSON.parse(lines.join(''))).toMatchObject({
      err: { message: 'outer: inner', stack: expect.stringContaining('logger.test') },
    });
  });
});

describe('componentLoggers', () => {
  it("gives each component its own level, and the program's to those without one", () => {
    const captured = captureLog('info');
    const { http, broker, store } = componentLoggers(captured.log, { http: 'debug', broker: 'warn' });
    for (const logger of [http, broker, store]) {
      logger.debug('a.detail');
      logger.info('a.fact');
      logger.warn('a.warning');
    }
    expect(captured.lines().map(({ msg }) => msg)).toEqual([
      ...['a.detail', 'a.fact', 'a.warning'],
      'a.warning',
      ...['a.fact', 'a.warning'],
    ]);
  });

  it("is the program's own logger where nothing is set, which costs nothing", () => {
    const { log } = captureLog();
    expect(Object.values(componentLoggers(log, {})).every((logger) => logger === log)).toBe(true);
  });
});

describe('BoundedOutput', () => {
  it('keeps no more than it may for a reader that takes nothing, and tells how many lines it dropped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-log-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    // Both ends, so that opening does not wait for the other.
    const pipe = openSync(path, 'r+');
    const output = new BoundedOutput(pipe, 200_000);
    const dropped = new Promise<number>((resolve) => output.onDropped(resolve));
    const LINES = 10_000;
    const LINE_BYTES = 100;
    for (let n = 0; n < LINES; n += 1) output.write(`${'x'.repeat(LINE_BYTES - 1)}\n`);

    let taken = 0;
    const reader = spawn('cat', [path]);
    reader.stdout.on('data', (chunk: Buffer) => (taken += chunk.length));
    const count = await dropped;
    expect(count).toBeGreaterThan(LINES * 0.7);
    await eventually(() => expect(taken).toBe((LINES - count) * LINE_BYTES));
    reader.kill();
    output.destroy();
    rmSync(folder, { recursive: true });
  });

  it('has written everything when the process ends, without a flush', () => {
    const program = `require(process.argv[1]).createLogger({ level: 'info' }).info('last.words'); process.exit()`;
    const lines = execFileSync(process.execPath, ['-e', program, join(__dirname, '../../dist/logger.js')]);
    expect(lines.toString()).toContain('last.words');
  });
});
