import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const MAIN = join(__dirname, '../../dist/cli/main.js');

export interface CliOptions {
  /** `HERALD_URL` and the like. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a command ended, and what it wrote. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The compiled command line as a process of its own. */
export class CliProcess {
  static readonly #running = new Set<CliProcess>();

  /** Lines of standard output so far. */
  readonly lines: string[] = [];
  /** Lines of standard error so far. */
  readonly notes: string[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<readonly [number | null]>;
  readonly #written = new EventEmitter().setMaxListeners(0);

  constructor(args: readonly string[], { env = {}, cwd }: CliOptions = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      // Nothing of the surrounding environment may change what is tested, apart from where programs are.
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
    this.#keep(this.#child.stdout, this.lines);
    this.#keep(this.#child.stderr, this.notes);
    this.#closed = once(this.#child, 'close') as Promise<[number | null]>;
    CliProcess.#running.add(this);
    this.#child.once('close', () => CliProcess.#running.delete(this));
    // Not every command reads what it is given.
    this.#child.stdin.on('error', () => undefined);
  }

  /** Ends those that a test has left running, as one does that fails. */
  static async killAll(): Promise<void> {
    const running = [...CliProcess.#running];
    for (const one of running) one.signal('SIGKILL');
    await Promise.all(running.map((one) => one.result()));
  }

  /** The line of standard output or error that fits, as soon as there is one. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = [...this.lines, ...this.notes].find((line) => pattern.test(line));
      if (found !== undefined) return found;
      const more = once(this.#written, 'line').then(() => false);
      const isOver = await Promise.race([more, this.#closed.then(() => true)]);
      if (isOver) throw new Error(`It ended without ${String(pattern)}:\n${this.#text()}`);
    }
  }

  /** Resolves with the lines of standard output as soon as there are `count`. */
  async waitFor(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await once(this.#written, 'line');
    return this.lines;
  }

  input(text: string): void {
    this.#child.stdin.end(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the reading of what it writes. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  async result(): Promise<CliResult> {
    const [code] = await this.#closed;
    return { code, stdout: this.lines.join('\n'), stderr: this.notes.join('\n') };
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<CliResult> {
    this.signal('SIGINT');
    return this.result();
  }

  #keep(stream: Readable, lines: string[]): void {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      this.#written.emit('line');
    });
  }

  #text(): string {
    return [...this.lines, ...this.notes].join('\n');
  }
}

/** Runs a command to its end. */
export function herald(
  args: readonly string[],
  { stdin, ...options }: CliOptions & { readonly stdin?: string } = {},
): Promise<CliResult> {
  const command = new CliProcess(args, options);
  command.input(stdin ?? '');
  return command.result();
}
