import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Commands, Reply } from './answer-commands';

const CALL_TIMEOUT_MS = 900_000;
const STOP_TIMEOUT_MS = 15_000;

const run = promisify(execFile);
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface ChildOptions {
  /** What follows `node` on the command line. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Caller {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A process of the benchmark that answers the commands `C`. It ends with this process at the latest. */
export class Child<C extends Commands<C>> {
  readonly #process: ChildProcess;
  readonly #callers = new Map<number, Caller>();
  #lastId = 0;

  constructor({ args, env }: ChildOptions) {
    this.#process = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, ...env },
    });
    running.add(this.#process);
    this.#process.on('message', ({ id, value, fault }: Reply) => {
      const caller = this.#callers.get(id);
      this.#callers.delete(id);
      if (fault === undefined) caller?.resolve(value);
      else caller?.reject(new Error(fault));
    });
    this.#process.once('exit', (code, signal) => {
      running.delete(this.#process);
      const error = new Error(`${args.at(-1)} ended (${signal ?? code})`);
      for (const caller of this.#callers.values()) caller.reject(error);
    });
  }

  /**
   * Memory that the process holds, as the system counts it: of one whose memory is small, answering the question would be a
   * good part.
   */
  async residentBytes(): Promise<number> {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(this.#process.pid)]);
    return Number(stdout) * 1024;
  }

  /** False once the process has ended. */
  get isRunning(): boolean {
    return running.has(this.#process);
  }

  call<Name extends keyof C & string>(
    name: Name,
    argument: Parameters<C[Name]>[0],
  ): Promise<Awaited<ReturnType<C[Name]>>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${name} took longer than ${CALL_TIMEOUT_MS} ms`)),
        CALL_TIMEOUT_MS,
      );
      const done = () => clearTimeout(timer);
      this.#callers.set(id, {
        resolve: (value) => {
          done();
          resolve(value as Awaited<ReturnType<C[Name]>>);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.#process.send({ id, name, argument }, (error) => error && reject(error));
    });
  }

  /** Asks the process to end, and makes it end when it takes too long. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** The arguments of `node` that run a TypeScript file of the benchmark, named relative to this directory. */
export function script(file: string): string[] {
  return ['--require', 'ts-node/register/transpile-only', join(__dirname, file)];
}
