import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually';
import { HeraldProcess } from '../support/herald-process';
import { TemporaryDirectories } from '../support/temporary-directory';

const run = promisify(execFile);
const README = readFileSync(join(__dirname, '../../README.md'), 'utf8');

interface Step {
  readonly command: string;
  readonly answer: string;
}

/** The commands of the README's console blocks, each with the line below it. */
function stepsOf(markdown: string): Step[] {
  const blocks = [...markdown.matchAll(/```console\n([\s\S]*?)```/g)].map((match) => String(match[1]));
  return blocks.flatMap((block) =>
    [...block.matchAll(/^\$ (.+)\n(.*)$/gm)].map((match) => ({
      command: String(match[1]),
      answer: String(match[2]),
    })),
  );
}

/** What differs from run to run is written as `…` in the README. */
function expectLike(actual: string, documented: string): void {
  const pattern = documented
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^"}]+');
  expect(actual).toMatch(new RegExp(`^${pattern}$`));
}

describe("the README's walk-through", () => {
  const directories = new TemporaryDirectories();
  let herald: HeraldProcess;

  beforeAll(async () => {
    herald = await HeraldProcess.start({ DATA_DIR: await directories.make() });
  });

  afterAll(async () => {
    await herald.kill();
    await directories.removeAll();
  });

  it('answers every command as documented, in the order of the text', async () => {
    const steps = stepsOf(README);
    const port = new URL(herald.url).port;
    expect(steps).toHaveLength(9);
    for (const { command, answer } of steps) {
      const { stdout } = await run('bash', [
        '-c',
        command.replaceAll(':8000', `:${port}`).replace('curl', 'curl -sS'),
      ]);
      expectLike(stdout.replaceAll(`:${port}`, ':8000'), answer);
    }
    await eventually(() => {
      const printed = herald.lines.filter((line) => line.includes('event.received'));
      expect(printed).toHaveLength(1);
      expect(JSON.parse(String(printed[0]))).toMatchObject({ topic: 'topic1', data: '{"message": "hello"}' });
    });
  });
});
