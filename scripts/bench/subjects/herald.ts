import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import type { Options } from '../options';
import { startSubject, type Subject } from './subject';

/** Inside the project, so that the store is on the disk that it would be on, and the probe finds its types. */
const WORK_DIR = 'data/bench';

/** What the probe consists of; the server runs compiled code, so the probe has to. */
const PROBE_FILES = ['server-probe.ts', 'answer-commands.ts'];

/** Starts Herald, as often as a part needs, each time as its users would: the compiled program. */
export class HeraldLauncher {
  readonly #directory: string;

  /** @param workDir where it makes a directory of its own; that is deleted at the end of the process */
  constructor(
    private readonly options: Options,
    workDir = WORK_DIR,
  ) {
    mkdirSync(workDir, { recursive: true });
    this.#directory = resolve(mkdtempSync(join(workDir, 'run-')));
    process.on('exit', () => rmSync(this.#directory, { recursive: true, force: true }));
    for (const file of PROBE_FILES) {
      const source = readFileSync(join(__dirname, '..', file), 'utf8');
      const { outputText } = transpileModule(source, {
        compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023 },
      });
      writeFileSync(join(this.#directory, `${basename(file, '.ts')}.js`), outputText);
    }
  }

  /** A new, empty directory for a store; it is deleted at the end. */
  newDataDir(): string {
    return mkdtempSync(join(this.#directory, 'data-'));
  }

  /** As its users would have it, without anything that answers the benchmark's questions. */
  async startAlone(name: string): Promise<Pick<Subject['child'], 'residentBytes' | 'stop'>> {
    const env = { DATA_DIR: this.newDataDir(), LOG_LEVEL: this.options.logLevel };
    const { child } = await startSubject(name, { args: [this.options.server], env });
    return child;
  }

  /**
   * @param env settings that differ from the defaults
   * @param request what has to be answered 2xx before the server counts as started
   */
  start(
    name: string,
    env: Readonly<Record<string, string>> = {},
    request?: (origin: string) => Promise<Response>,
  ): Promise<Subject> {
    const { server, logLevel, profileDir } = this.options;
    const profile =
      profileDir === undefined
        ? []
        : ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profileDir}`];
    const args = ['--expose-gc', ...profile, '--require', join(this.#directory, 'server-probe.js'), server];
    const settings = { DATA_DIR: env.DATA_DIR ?? this.newDataDir(), LOG_LEVEL: logLevel, ...env };
    return startSubject(name, { args, env: settings }, request);
  }
}
