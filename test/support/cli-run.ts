import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { Interruption } from '../../src/cli/io';
import { run } from '../../src/cli/run';
import { type CliOptions, CliOutput, type CliResult } from './cli-output';

/** A command line that runs in this process: real sockets and files, and streams in memory. */
export class CliRun extends CliOutput {
  static readonly #running = new Set<CliRun>();

  readonly #stdin: PassThrough;
  readonly #stdout: PassThrough;
  readonly #interruption = new AbortController();
  #isWatched = false;

  constructor(args: readonly string[], { env = {}, cwd = tmpdir() }: CliOptions = {}) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const interrupted = () => {
      this.#isWatched = true;
      return this.#interruption.signal;
    };
    // A turn later, so that this is there by then.
    const exit = Promise.resolve().then(() =>
      run(args, { stdin, stdout, stderr, env: { ...env }, cwd, interrupted }),
    );
    super(stdout, stderr, exit);
    this.#stdin = stdin;
    this.#stdout = stdout;
    CliRun.#running.add(this);
    const end = () => {
      stdout.end();
      stderr.end();
      CliRun.#running.delete(this);
    };
    exit.then(end, end);
  }

  /** Ends those that a test has left running, as one does that fails. */
  static async endAll(): Promise<void> {
    const running = [...CliRun.#running];
    for (const one of running) one.#end();
    await Promise.allSettled(running.map((one) => one.result()));
  }

  input(text: string): void {
    this.#stdin.end(text);
  }

  /** What Ctrl-C does to a command that finishes what it is at; any other would be gone with its process. */
  interrupt(): void {
    if (!this.#isWatched) throw new Error('The command does not ask to be interrupted');
    this.#interruption.abort(new Interruption('Ended by SIGINT'));
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<CliResult> {
    this.interrupt();
    return this.result();
  }

  /** Nobody reads on what it writes. */
  closeOutput(): void {
    this.#stdout.destroy();
  }

  #end(): void {
    this.#interruption.abort(new Interruption('Ended by the test'));
    this.#stdin.end();
  }
}

/** Runs a command to its end. */
export function herald(
  args: readonly string[],
  { stdin, ...options }: CliOptions & { readonly stdin?: string } = {},
): Promise<CliResult> {
  const command = new CliRun(args, options);
  command.input(stdin ?? '');
  return command.result();
}
