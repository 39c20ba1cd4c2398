import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildPage } from '../../scripts/build-page';

const ROOT = join(__dirname, '../..');

/** Compiles src to dist (incrementally), and builds the page, so that no test can pass on a stale build. */
export default function buildProgram(): void {
  buildPage();
  execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
}
