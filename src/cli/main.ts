#!/usr/bin/env node
import { setProcessDefaults } from '../process-defaults';
import { Interruption } from './io';
import { run } from './run';

// `serve` starts the server in this process.
setProcessDefaults(process.env);

const ended = new AbortController();
let isWatched = false;

/** Until somebody asks, Ctrl-C ends the process at once. A second one does so in any case. */
function interrupted(): AbortSignal {
  if (isWatched) return ended.signal;
  isWatched = true;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ended.abort(new Interruption(`Ended by ${name}`)));
  }
  return ended.signal;
}

const { stdin, stdout, stderr, env } = process;
// Looked up only by who opens a file: the directory may be gone.
const cwd = '.';
// Whoever writes learns of it; here it would end the process with a stack.
stdout.on('error', () => undefined);
stderr.on('error', () => undefined);

void run(process.argv.slice(2), { stdin, stdout, stderr, env, cwd, interrupted }).then((exitCode) => {
  process.exitCode = exitCode;
  // What could still be read of it holds nothing up.
  stdin.destroy();
});
