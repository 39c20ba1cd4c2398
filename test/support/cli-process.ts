import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type CliOptions, CliOutput, type CliResult } from './cli-output';

const MAIN = join(__dirname, '../../dist/cli/main.js');

/** The compiled command line as a process of its own: for what only a process has. For all else, `CliRun` is faster. */
export class CliProcess extends CliOutput {
  static readonly #running = new Set<CliProcess>();

  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  /** @param program in place of the compiled one by its path */
  constructor(
    args: readonly string[],
    { env = {}, cwd }: CliOptions = {},
    program = [process.execPath, MAIN],
  ) {
    const [file = '', ...first] = program;
    const child = spawn(file, [...first, ...args], {
      // Nothing of the surrounding environment may change what is tested, apart from where programs are.
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
    super(
      child.stdout,
      child.stderr,
      once(child, 'close').then(([code]) => code as number | null),
    );
    this.#child = child;
    CliProcess.#running.add(this);
    child.once('close', () => CliProcess.#running.delete(this));
    // Not every command reads what it is given.
    child.stdin.on('error', () => undefined);
  }

  /** Ends those that a test has left running, as one does that fails. */
  static async killAll(): Promise<void> {
    const running = [...CliProcess.#running];
    for (const one of running) one.signal('SIGKILL');
    await Promise.all(running.map((one) => one.result()));
  }

  input(text: string): void {
    this.#child.stdin.end(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The signal that ended it, if one did. */
  get endedBy(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  /** Ends the reading of what it writes. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<CliResult> {
    this.signal('SIGINT');
    return this.result();
  }
}
