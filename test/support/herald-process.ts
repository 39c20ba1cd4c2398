import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const MAIN = join(__dirname, '../../dist/main.js');

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The compiled server as a process of its own, on a free port of 127.0.0.1. */
export class HeraldProcess {
  /** What it has written to standard output so far, line by line. */
  readonly lines: string[] = [];
  /** What it has written to standard error so far. */
  errorText = '';
  /** Settles when the process has ended. */
  readonly exited: Promise<Exit>;
  /** Where it listens, once started. */
  url = '';

  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  private constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [MAIN], {
      // Nothing of the surrounding environment may change what is tested, apart from where programs are.
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.errorText += chunk.toString()));
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** Starts a process without waiting for it to listen. */
  static spawn(env: Readonly<Record<string, string>>): HeraldProcess {
    const herald = new HeraldProcess(env);
    createInterface(herald.#child.stdout).on('line', (line) => herald.lines.push(line));
    return herald;
  }

  /** Starts a process; resolves when it listens. */
  static async start(env: Readonly<Record<string, string>>): Promise<HeraldProcess> {
    const herald = new HeraldProcess(env);
    const lines = createInterface(herald.#child.stdout);
    let isStarted = false;
    const started = new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        herald.lines.push(line);
        // In the pretty format its fields are on the lines behind.
        isStarted ||= line.includes('service.started');
        const url = isStarted ? /\burl"?: ?"([^"]+)"/.exec(line)?.[1] : undefined;
        if (url !== undefined) resolve(url);
      });
    });
    const ended = herald.exited.then(({ code }) => {
      throw new Error(`The server ended with ${String(code)} before it listened: ${herald.errorText}`);
    });
    herald.url = await Promise.race([started, ended]);
    return herald;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the process the hard way, and waits until it is gone. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** POSTs `body`, a JSON text, to a path. */
  post(path: string, body: string): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`);
  }
}
