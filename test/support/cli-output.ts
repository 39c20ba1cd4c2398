import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What a command is given. */
export interface CliOptions {
  /** `HERALD_URL` and the like. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it looks for files with relative names. */
  readonly cwd?: string;
}

/** How a command ended, and what it wrote. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command that runs writes, line by line, wherever it runs. */
export class CliOutput {
  /** Lines of standard output so far. */
  readonly lines: string[] = [];
  /** Lines of standard error so far. */
  readonly notes: string[] = [];
  readonly #ended: Promise<number | null>;
  readonly #written = new EventEmitter().setMaxListeners(0);

  /** @param exit the exit status, once there is one; what was written until then is read to its end */
  constructor(stdout: Readable, stderr: Readable, exit: Promise<number | null>) {
    const read = [this.#keep(stdout, this.lines), this.#keep(stderr, this.notes)];
    this.#ended = Promise.all([exit, ...read]).then(([code]) => code);
  }

  /** The line of standard output or error that fits, as soon as there is one. */
  async line(pattern: RegExp): Promise<string> {
    return this.#until(
      () => [...this.lines, ...this.notes].find((line) => pattern.test(line)),
      String(pattern),
    );
  }

  /** Resolves with the lines of standard output as soon as there are `count`. */
  async waitFor(count: number): Promise<readonly string[]> {
    return this.#until(() => (this.lines.length < count ? undefined : this.lines), `${count} lines`);
  }

  async result(): Promise<CliResult> {
    const code = await this.#ended;
    return { code, stdout: this.lines.join('\n'), stderr: this.notes.join('\n') };
  }

  async #until<T>(find: () => T | undefined, what: string): Promise<T> {
    const ended = this.#ended.then(() => true);
    for (let isOver = false; ;) {
      const found = find();
      if (found !== undefined) return found;
      const text = [...this.lines, ...this.notes].join('\n');
      if (isOver) throw new Error(`It ended without ${what}:\n${text}`);
      isOver = await Promise.race([once(this.#written, 'line').then(() => false), ended]);
    }
  }

  async #keep(stream: Readable, lines: string[]): Promise<void> {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      this.#written.emit('line');
    });
    // Not the reader's end: there is none when somebody closes the stream.
    await once(stream, 'close');
  }
}
