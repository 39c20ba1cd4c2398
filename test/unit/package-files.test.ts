import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');

/** What a user needs who has no copy of this folder. */
const NEEDED = [
  'dist/cli/main.js',
  'dist/client/index.js',
  'dist/client/index.d.ts',
  'dist/store/sqlite/sqlite-worker.js',
  'dist/page/index.html',
  'docs/cli.md',
  'examples/receiver.ts',
  // The example imports it, and README says to copy it.
  'src/verify.ts',
  'deploy/prometheus/alerts.yml',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'SECURITY.md',
  '.env.example',
];

describe('the package', () => {
  it('has what a user needs, and nothing of how it is made', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(NEEDED));
    const allowed = /^(dist\/(?!\.)|docs\/|examples\/|deploy\/)/;
    const others = paths.filter((path) => !allowed.test(path) && !NEEDED.includes(path));
    expect(others).toEqual(['package.json']);
  });
});
