import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TemporaryDirectories } from '../support/temporary-directory';

const ROOT = join(__dirname, '../..');
const REPORTER = join(ROOT, 'test/support/summary-reporter.cjs');
const directories = new TemporaryDirectories();

afterEach(() => directories.removeAll());

/** Runs jest on these files with the reporters of the real runs. */
async function runJest(
  files: Readonly<Record<string, string>>,
): Promise<{ report: string; status: number | null }> {
  const rootDir = await directories.make();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(rootDir, name), text);
  const config = { rootDir, reporters: ['default', REPORTER], testMatch: ['**/*.check.js'], transform: {} };
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/jest/bin/jest.js'), '--runInBand', '--config', JSON.stringify(config)],
    { encoding: 'utf8', cwd: rootDir },
  );
  return { report: stderr, status };
}

describe("a run's summary", () => {
  it('is written by every run', () => {
    const config = readFileSync(join(ROOT, 'jest.config.ts'), 'utf8');
    expect(config).toContain("reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs']");
  });

  it('stands alone on the last line', async () => {
    const { report, status } = await runJest({ 'a.check.js': "it('a', () => {}); it('b', () => {});" });
    expect(report.trimEnd().split('\n').at(-1)).toBe('Tests: 2 passed, 0 failed');
    expect(status).toBe(0);
  });

  it('counts failures, files that cannot be loaded, and what was left out', async () => {
    const { report, status } = await runJest({
      'a.check.js':
        "it('a', () => {}); it('b', () => { throw new Error('no'); }); it.skip('c', () => {}); it.todo('d');",
      'b.check.js': 'this is no program',
    });
    expect(report.trimEnd().split('\n').at(-1)).toBe('Tests: 1 passed, 2 failed, 2 skipped');
    expect(status).toBe(1);
  });
});
